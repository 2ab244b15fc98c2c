// `ServerResponse` of `node:http`: what a handler writes becomes a `Response`. A body that the handler gives with `end()` is in it
// at once; what it writes before streams, at the speed of the client.

import { Buffer } from "node:buffer";
import { STATUS_CODES } from "unenv/node/http";
import { nodeError, notImplemented } from "./errors.ts";
import { OutgoingMessage } from "./http-outgoing.ts";
import type { Done, Listener } from "./http-streams.ts";
import type { IncomingMessage } from "./http-incoming.ts";

const NULL_BODY = new Set([204, 205, 304]);
const WRONG_REASON = /[^\t\x20-\x7e\x80-\xff]/;
const HIGH_WATER_MARK = 65_536;

type Body = ReadableStream<Uint8Array> | Uint8Array | null;
type Controller = ReadableByteStreamController;

const isChunk = (chunk: unknown) => typeof chunk === "string" || chunk instanceof Uint8Array;
const sizeOf = (chunk: string | Uint8Array, encoding: unknown) =>
  typeof chunk === "string"
    ? Buffer.from(chunk, typeof encoding === "string" ? encoding : "utf8").length
    : chunk.byteLength;

const destroyedEarly = () =>
  Object.assign(new Error("The handler destroyed the response before its end"), { code: "ECONNRESET" });

export class ServerResponse extends OutgoingMessage {
  readonly req: IncomingMessage;
  readonly socket = undefined;
  readonly connection = undefined;
  statusCode = 200;
  statusMessage: string | undefined;
  shouldKeepAlive = true;
  useChunkedEncodingByDefault = true;
  chunkedEncoding = false;
  #settle = { resolve(_response: Response) {}, reject(_error: unknown) {} };
  readonly #response: Promise<Response>;
  /** What the headers have besides those that the handler has set. */
  readonly #implied: [name: string, value: string][] = [];
  /** The number of bytes of a body that `end()` was given whole. */
  #length: number | undefined;
  #whole: Uint8Array | undefined;
  #isWhole = false;
  #isAnswered = false;
  #isClosed = false;
  #controller: Controller | undefined;
  /** Goes on with writing once the client has read. */
  #resume: (() => void) | undefined;

  constructor(req: IncomingMessage, options: { highWaterMark?: number } = {}) {
    super({ highWaterMark: options.highWaterMark ?? HIGH_WATER_MARK });
    this.req = req;
    this.#response = new Promise((resolve, reject) => {
      this.#settle = { resolve, reject };
    });
  }

  /** What a handler answers with it. */
  static responseOf(message: ServerResponse): Promise<Response> {
    return message.#response;
  }

  writeHead(status: unknown, reason?: unknown, headers?: unknown): this {
    this.mustBeOpen("write");
    const code = Number(status) | 0;
    if (code < 200 || code > 599) {
      throw nodeError(RangeError, "ERR_HTTP_INVALID_STATUS_CODE", `Invalid status code: ${status}`);
    }
    if (typeof reason === "string") this.statusMessage = reason;
    else this.statusMessage ||= STATUS_CODES[code] ?? "unknown";
    if (WRONG_REASON.test(this.statusMessage)) {
      throw nodeError(TypeError, "ERR_INVALID_CHAR", "Invalid character in statusMessage");
    }
    this.statusCode = code;
    this.sent.replaceAll(typeof reason === "string" ? headers : (headers ?? reason));
    this.#imply();
    this._header = this.#head();
    return this;
  }

  /** Packages replace `writeHead()`, and expect it to be called. */
  _implicitHeader() {
    this.writeHead(this.statusCode);
  }

  #imply() {
    if (!this.sent.has("connection")) this.#implied.push(["Connection", "keep-alive"]);
    if (this.sent.has("content-length") || this.sent.has("transfer-encoding")) return;
    if (this.statusCode === 204 || this.statusCode === 304) return;
    this.chunkedEncoding = this.#length === undefined;
    if (this.#length !== undefined) this.#implied.push(["Content-Length", String(this.#length)]);
    else this.#implied.push(["Transfer-Encoding", "chunked"]);
  }

  #head(): string {
    const lines = [...this.sent.lines(), ...this.#implied].map(([name, value]) => `${name}: ${value}`);
    return `${[`HTTP/1.1 ${this.statusCode} ${this.statusMessage}`, ...lines].join("\r\n")}\r\n\r\n`;
  }

  #hasBody(): boolean {
    return !NULL_BODY.has(this.statusCode) && this.req.method !== "HEAD";
  }

  #answer(body: Body) {
    this.#isAnswered = true;
    const headers = this.sent.toHeaders();
    for (const [name, value] of this.#implied) headers.append(name, value);
    const { statusCode: status, statusMessage: statusText } = this;
    // What is written is sent as it is, compressed or not.
    const init = { status, statusText, headers, encodeBody: "manual" } as ResponseInit;
    try {
      this.#settle.resolve(new Response((this.#hasBody() ? body : null) as BodyInit | null, init));
    } catch (error) {
      this.#settle.reject(error);
    }
  }

  override write(...args: unknown[]): boolean {
    if (this._header === null && !this.writableEnded && isChunk(args[0])) this._implicitHeader();
    return super.write(...args);
  }

  override end(...args: unknown[]): this {
    const [chunk, encoding] = args;
    const isWithout = chunk === undefined || chunk === null || typeof chunk === "function";
    if (!this.writableEnded && (isWithout || isChunk(chunk))) {
      this.#isWhole = !this.#isAnswered && this.writableLength === 0;
      if (this._header === null) {
        this.#length = isWithout ? 0 : sizeOf(chunk as string | Uint8Array, encoding);
        this._implicitHeader();
      }
    }
    this.finished = true;
    return super.end(...args);
  }

  override flushHeaders() {
    if (this._header === null) this._implicitHeader();
    if (!this.#isAnswered) this.#stream();
  }

  _write(chunk: Uint8Array, _encoding: string, done: Done) {
    // The writer may use its bytes again.
    const bytes = new Uint8Array(chunk);
    if (this.#isWhole && !this.#isAnswered) {
      this.#whole = bytes;
      return done();
    }
    if (!this.#isAnswered) this.#stream();
    const controller = this.#controller;
    if (controller === undefined || bytes.byteLength === 0) return done();
    controller.enqueue(bytes);
    if ((controller.desiredSize ?? 1) > 0) return done();
    this.#resume = done;
  }

  #stream() {
    const source: UnderlyingByteSource = {
      type: "bytes",
      start: (controller) => {
        this.#controller = controller;
      },
      pull: () => {
        const resume = this.#resume;
        this.#resume = undefined;
        resume?.();
      },
      cancel: () => this.#abandon(),
    };
    const body = new ReadableStream(source, { highWaterMark: HIGH_WATER_MARK });
    if (!this.#hasBody()) this.#controller = undefined;
    this.#answer(body);
  }

  _final(done: Done) {
    this.#isClosed = true;
    if (!this.#isAnswered) this.#answer(this.#whole ?? (this.#length === 0 ? null : new Uint8Array()));
    else this.#controller?.close();
    done();
  }

  /** The client reads no more. */
  #abandon() {
    this.#isClosed = true;
    this.destroy();
    if (!this.req.complete) this.req.destroy();
  }

  _destroy(error: Error | null, done: Done) {
    const lost = error ?? destroyedEarly();
    if (!this.#isAnswered) this.#settle.reject(lost);
    else if (!this.#isClosed) this.#controller?.error(lost);
    this.#isClosed = true;
    done();
  }

  setTimeout(_milliseconds: number, callback?: Listener) {
    if (callback !== undefined) this.once("timeout", callback);
    return this;
  }
}

/** What goes over a connection besides a response has no place in a worker. */
for (const name of [
  "assignSocket",
  "detachSocket",
  "writeContinue",
  "writeProcessing",
  "writeEarlyHints",
  "addTrailers",
]) {
  const value = () => {
    throw notImplemented(name);
  };
  Object.defineProperty(ServerResponse.prototype, name, { value, writable: true, configurable: true });
}
Object.defineProperty(ServerResponse.prototype, "writeHeader", {
  value: ServerResponse.prototype.writeHead,
  writable: true,
  configurable: true,
});
