// `miniflare-rs/cloudflare-email`, which replaces `cloudflare:email` for code that tests import and that runs in Node.

/** A message to send, by a binding of `send_email` or as a reply. */
export class EmailMessage {
  readonly from: string;
  readonly to: string;
  /** @param raw the whole message, headers included */
  constructor(from: string, to: string, raw: string | ReadableStream);
}
