// The class of messages to send, in either realm. Both sides of a message's content are in Node.

/** The name under which a message holds its content, which Workers do not show. */
const RAW = "EmailMessage::raw";

export class EmailMessage {
  readonly from: string;
  readonly to: string;

  constructor(from: string, to: string, raw: string | ReadableStream) {
    this.from = from;
    this.to = to;
    Object.defineProperty(this, RAW, { value: raw, enumerable: true });
  }
}
