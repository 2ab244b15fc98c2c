// Email in the worker's realm: the event, and the class of messages to send. Both sides of a message's content are in Node.

import { moduleEvent } from "ext:miniflare/web/module-event.ts";

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

export const room = {
  name: "email",
  events: [moduleEvent<object>("email", "Emails")],
  builtins: { "cloudflare:email": () => ({ EmailMessage }) },
};
