// A message that a worker receives, as its handler gets it: the object stays in Node, and remembers what was decided.

import { addressesOf, headersOf } from "./mail.ts";
import { textOf } from "./send-email.ts";
import type { DispatchedEmail, EmailResult } from "../../../index.d.ts";
import type { Address } from "./mail.ts";

/** A reply as the worker gives it. */
interface Reply {
  from?: Address;
  to?: Address | Address[];
  "EmailMessage::raw"?: string | ReadableStream;
}

export class IncomingEmail {
  readonly from: string;
  readonly to: string;
  readonly headers: Headers;
  readonly rawSize: number;
  readonly #bytes: Uint8Array;
  readonly #result: Omit<EmailResult, "outcome"> = { forwarded: [], replies: [] };
  #stream: ReadableStream | undefined;

  constructor({ from, to, raw, headers }: DispatchedEmail) {
    this.#bytes = typeof raw === "string" ? new TextEncoder().encode(raw) : raw;
    this.from = from;
    this.to = to;
    this.rawSize = this.#bytes.byteLength;
    this.headers = headersOf(new TextDecoder().decode(this.#bytes));
    for (const [name, value] of Object.entries(headers ?? {})) this.headers.set(name, value);
  }

  /** The whole message, once. */
  get raw(): ReadableStream {
    this.#stream ??= new Blob([this.#bytes as Uint8Array<ArrayBuffer>]).stream();
    return this.#stream;
  }

  setReject(reason: string): void {
    this.#result.rejectReason = String(reason);
  }

  async forward(to: string, headers: Iterable<[string, string]> = []): Promise<{ messageId: string }> {
    this.#result.forwarded.push({ to: String(to), headers: Object.fromEntries(headers) });
    return { messageId: this.headers.get("message-id") ?? "" };
  }

  async reply(message: Reply): Promise<{ messageId: string }> {
    if (this.#result.replies.length > 0) throw new Error("a message can be replied to once");
    const raw = message["EmailMessage::raw"] === undefined ? undefined : await textOf(message["EmailMessage::raw"]);
    const original = this.headers.get("message-id");
    if (original === null) throw new Error("the message has no Message-ID header, and cannot be replied to");
    if (raw !== undefined && headersOf(raw).get("in-reply-to") !== original) {
      throw new Error("no In-Reply-To header, or one that is not the Message-ID of the message");
    }
    const { from = this.to, ...rest } = message;
    const [sender] = addressesOf(from);
    const content = raw === undefined ? plain(rest) : { raw };
    this.#result.replies.push({ from: sender, to: addressesOf(message.to ?? this.from), ...content });
    return { messageId: original };
  }

  /** What the handler has decided. */
  result(): EmailResult {
    return { outcome: this.#result.rejectReason === undefined ? "ok" : "rejected", ...this.#result };
  }
}

/** The parts of a reply that are given as they are. */
function plain(reply: object): object {
  const names = ["subject", "text", "html", "headers"];
  return Object.fromEntries(Object.entries(reply).filter(([name]) => names.includes(name)));
}
