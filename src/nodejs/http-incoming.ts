// `IncomingMessage` of `node:http`: a response of `fetch`, or a request that a server of the worker has been given.

import { Buffer } from "node:buffer";
import EventEmitter from "node:events";
import stream from "node:stream";
import { incomingHeaders } from "./http-headers.ts";
import type { Done, Listener, StreamClass } from "./http-streams.ts";

const { Readable } = stream as unknown as { Readable: StreamClass };

/** What `fetch` has decoded is not described by these any more. */
const OF_ENCODED = new Set(["content-encoding", "content-length"]);
const LOOPBACK = "127.0.0.1";
const HIGH_WATER_MARK = 65_536;
const FIRST_PORT = 49_152;

/** What a worker knows of the connection of a request: there is one no more than for `fetch` handlers. */
export interface ServerSocket {
  emit(name: string, ...args: unknown[]): boolean;
}

/** The ports that clients seem to have. */
let clientPort = FIRST_PORT;

function socketOf(message: IncomingMessage, localPort: number): ServerSocket {
  clientPort = clientPort === 65_535 ? FIRST_PORT : clientPort + 1;
  const emitter = new (EventEmitter as unknown as new () => ServerSocket)();
  return Object.assign(emitter, {
    encrypted: false,
    readable: true,
    remoteFamily: "IPv4",
    remoteAddress: LOOPBACK,
    remotePort: clientPort,
    localAddress: LOOPBACK,
    localPort,
    destroy: (error?: Error) => message.destroy(error),
  });
}

/** What a server's request brings with it: what the handler of the event was given. */
export interface EventOfRequest {
  env: unknown;
  ctx: unknown;
  cf: unknown;
}

/** A response, or a request, that has arrived. */
export class IncomingMessage extends Readable {
  aborted = false;
  complete = false;
  headers: Record<string, string | string[]> = {};
  headersDistinct: Record<string, string[]> = {};
  rawHeaders: string[] = [];
  httpVersion = "1.1";
  httpVersionMajor = 1;
  httpVersionMinor = 1;
  joinDuplicateHeaders = false;
  method: string | null = null;
  statusCode: number | null = null;
  statusMessage: string | null = null;
  trailers = {};
  trailersDistinct = {};
  rawTrailers: string[] = [];
  url = "";
  /** Of a server's request. */
  cloudflare: EventOfRequest | undefined;
  /** Why it was destroyed, if a reason was given. */
  #cause: Error | null = null;
  #reader: ReadableStreamDefaultReader<Uint8Array> | undefined;
  #localPort = 0;
  #socket: ServerSocket | undefined;

  constructor(message?: unknown) {
    super({ highWaterMark: HIGH_WATER_MARK });
    if (message instanceof Response) this.#receive(message);
  }

  #receive(response: Response) {
    const isDecoded = response.headers.has("content-encoding");
    Object.assign(
      this,
      incomingHeaders(response.headers, (name) => isDecoded && OF_ENCODED.has(name)),
    );
    this.statusCode = response.status;
    this.statusMessage = response.statusText;
    this.#follow(response.body);
  }

  /** Makes a message the request that a server has been given at a port. */
  static accept(message: IncomingMessage, request: Request, port: number, event: EventOfRequest) {
    const { host, pathname, search } = new URL(request.url);
    const { headers, headersDistinct, rawHeaders } = incomingHeaders(request.headers, () => false);
    // Each request over HTTP has these; requests that a script or a test makes do not.
    const add = (name: string, value: string) => {
      headers[name] = value;
      headersDistinct[name] = [value];
      rawHeaders.push(name, value);
    };
    if (!request.headers.has("host")) add("host", host);
    const isFramed = request.headers.has("content-length") || request.headers.has("transfer-encoding");
    if (request.body !== null && !isFramed) add("transfer-encoding", "chunked");
    Object.assign(message, { headers, headersDistinct, rawHeaders, cloudflare: event });
    message.method = request.method;
    message.url = pathname + search;
    message.#localPort = port;
    message.#follow(request.body);
  }

  /** Calls back when a message that was not read to its end is gone. */
  static lost(message: IncomingMessage, callback: (cause: Error | null) => void) {
    message.once("close", () => {
      if (!message.readableEnded) callback(message.#cause);
    });
  }

  #follow(body: ReadableStream<Uint8Array> | null) {
    this.#reader = body?.getReader();
    if (this.#reader === undefined) this.complete = true;
  }

  get socket(): ServerSocket | undefined {
    if (this.cloudflare !== undefined) this.#socket ??= socketOf(this, this.#localPort);
    return this.#socket;
  }

  get connection(): ServerSocket | undefined {
    return this.socket;
  }

  async _read() {
    const reader = this.#reader;
    if (reader === undefined) return void this.push(null);
    try {
      const { value, done } = await reader.read();
      if (this.destroyed) return;
      if (!done) return void this.push(Buffer.from(value.buffer, value.byteOffset, value.length));
      this.complete = true;
      this.push(null);
    } catch (cause) {
      this.destroy(Object.assign(new Error("aborted", { cause }), { code: "ECONNRESET" }));
    }
  }

  _destroy(error: Error | null, done: Done) {
    if (!this.complete && this.#reader !== undefined) {
      this.aborted = true;
      this.emit("aborted");
      this.#reader.cancel(error).catch(() => {});
    }
    this.#cause = error;
    // As in Node, nobody has to listen.
    done(this.listenerCount("error") === 0 ? null : error);
  }

  /** Reads what is left of the body, for no one. */
  _dump() {
    this.resume();
  }

  setTimeout(_milliseconds: number, callback?: Listener) {
    if (callback !== undefined) this.once("timeout", callback);
    return this;
  }
}
