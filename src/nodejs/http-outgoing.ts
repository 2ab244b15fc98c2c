// `OutgoingMessage` of `node:http`: the headers of a message that is sent.

import stream from "node:stream";
import { invalidArgType, nodeError, validateString } from "./errors.ts";
import { OutgoingHeaders } from "./http-headers.ts";
import type { StreamClass } from "./http-streams.ts";

const { Writable } = stream as unknown as { Writable: StreamClass };

/** What a message that is sent has of headers. */
export class OutgoingMessage extends Writable {
  /** The first line and the headers as they were sent; null before. */
  _header: string | null = null;
  sendDate = false;
  finished = false;
  protected readonly sent = new OutgoingHeaders();

  get headersSent() {
    return this._header !== null;
  }

  protected mustBeOpen(action: string) {
    if (this._header === null) return;
    throw nodeError(Error, "ERR_HTTP_HEADERS_SENT", `Cannot ${action} headers after they are sent to the client`);
  }

  setHeader(name: string, value: string | number | readonly string[]) {
    this.mustBeOpen("set");
    this.sent.set(name, value);
    return this;
  }

  setHeaders(headers: Headers | Map<string, string>) {
    this.mustBeOpen("set");
    if (!(headers instanceof Headers || headers instanceof Map)) {
      throw invalidArgType("headers", ["Headers", "Map"], headers);
    }
    for (const [name, value] of headers) this.sent.set(name, value);
    return this;
  }

  appendHeader(name: string, value: string | readonly string[]) {
    this.mustBeOpen("append");
    this.sent.append(name, value);
    return this;
  }

  removeHeader(name: string) {
    validateString(name, "name");
    this.mustBeOpen("remove");
    this.sent.delete(name);
  }

  getHeader(name: string) {
    validateString(name, "name");
    return this.sent.get(name);
  }

  hasHeader(name: string) {
    validateString(name, "name");
    return this.sent.has(name);
  }

  getHeaders() {
    return this.sent.toObject();
  }

  getHeaderNames() {
    return this.sent.names();
  }

  getRawHeaderNames() {
    return this.sent.rawNames();
  }

  flushHeaders() {}
}
