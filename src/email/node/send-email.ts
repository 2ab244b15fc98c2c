// A binding by which a worker sends email: checks, and the outbox of the instance.

import { describe } from "../../node/errors.ts";
import { addressesOf, addressIn, addressOf, headersOf, newMessageId } from "./mail.ts";
import type { SendEmailBinding, SentEmail } from "../../../index.d.ts";
import type { Address } from "./mail.ts";

const RAW = "EmailMessage::raw";

/** A message as `send` takes it: of the class `EmailMessage`, or its parts. */
interface Given {
  from?: Address;
  to?: Address | Address[];
  cc?: Address | Address[];
  bcc?: Address | Address[];
  replyTo?: Address;
  subject?: string;
  text?: string;
  html?: string;
  headers?: Record<string, string>;
  attachments?: unknown[];
  [RAW]?: string | ReadableStream;
}

export class SendEmail {
  readonly #binding: SendEmailBinding;
  readonly #outbox: SentEmail[];
  readonly #now: () => number;

  constructor(binding: SendEmailBinding, outbox: SentEmail[], now: () => number) {
    this.#binding = binding;
    this.#outbox = outbox;
    this.#now = now;
  }

  async send(message: unknown): Promise<{ messageId: string }> {
    const { from, to, ...rest } = checked(message);
    const sender = addressOf(from);
    this.#checkAddresses(sender, addressesOf(to));
    const raw = rest[RAW] === undefined ? undefined : await textOf(rest[RAW]);
    if (raw !== undefined) checkRaw(raw, sender);
    const messageId = newMessageId(sender);
    const lists = { to: addressesOf(to), cc: addressesOf(rest.cc), bcc: addressesOf(rest.bcc) };
    const { subject, text, html, headers, attachments, replyTo } = rest;
    const parts = { raw, subject, text, html, headers, attachments, replyTo: replyTo && addressOf(replyTo) };
    const given = Object.fromEntries(Object.entries(parts).filter(([, value]) => value !== undefined));
    this.#outbox.push({
      binding: this.#binding.name,
      messageId,
      timestamp: this.#now(),
      from: sender,
      ...lists,
      ...given,
    });
    return { messageId };
  }

  #checkAddresses(from: string, to: string[]): void {
    const { allowed_sender_addresses: senders, allowed_destination_addresses: targets } = this.#binding;
    const { destination_address: only } = this.#binding;
    if (senders !== undefined && !senders.includes(from)) throw new Error(`email from ${from} not allowed`);
    const wrong = to.find((one) => (only !== undefined && one !== only) || targets?.includes(one) === false);
    if (wrong !== undefined) throw new Error(`email to ${wrong} not allowed`);
  }
}

function checked(message: unknown): Given & Required<Pick<Given, "from" | "to">> {
  const given = message as Given | null | undefined;
  if (typeof given === "object" && given !== null && given.from !== undefined && given.to !== undefined) {
    return given as Given & Required<Pick<Given, "from" | "to">>;
  }
  throw new TypeError(
    `send() takes an EmailMessage, or an object like { from: "a@example.com", to: "b@example.com", subject: "...", text: "..." }, got ${describe(message)}`,
  );
}

const textOf = (raw: string | ReadableStream): Promise<string> | string =>
  typeof raw === "string" ? raw : new Response(raw).text();

/** The headers that a raw message must have. */
function checkRaw(raw: string, from: string): void {
  const headers = headersOf(raw);
  if (!/^<[^<>@\s]+@[^<>\s]+>$/.test(headers.get("message-id") ?? "")) throw new Error("invalid message-id");
  if (addressIn(headers.get("from") ?? "") !== from) throw new Error("From: header does not match mail from");
}

export { textOf };
