// Email in the worker's realm: the event, and the class of messages to send. Both sides of a message's content are in Node.

import { worker } from "ext:miniflare/realm/worker.ts";
import { settleWaits } from "ext:miniflare/web/events.ts";

/** The name under which a message holds its content, which Workers do not show. */
const RAW = "EmailMessage::raw";

class EmailMessage {
  readonly from: string;
  readonly to: string;

  constructor(from: string, to: string, raw: string | ReadableStream) {
    this.from = from;
    this.to = to;
    Object.defineProperty(this, RAW, { value: raw, enumerable: true });
  }
}

/** The row of emails: Node dispatches a message, which the handler gets as it is. */
const EMAIL = {
  name: "email",
  from: (message: object) => message,
  make: (message: object) => message,
  makeEvent(): never {
    throw new Error("Emails need a module worker, which exports a default object with an `email` function property.");
  },
  unhandled(): never {
    if (worker.handlers === undefined) EMAIL.makeEvent();
    throw new Error("Handler does not export an email() function.");
  },
  settle(result: unknown, { waits }: { waits: unknown[] }) {
    if (result !== undefined) waits.push(result);
    return settleWaits(waits);
  },
};

export const room = {
  name: "email",
  events: [EMAIL],
  builtins: { "cloudflare:email": () => ({ EmailMessage }) },
};
