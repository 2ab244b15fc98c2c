// Servers of `node:http` and `node:https`. A server listens at a port of the worker's own, which no network reaches: the functions
// of `cloudflare:node` give it requests.

import EventEmitter from "node:events";
import { worker } from "ext:miniflare/realm/worker.ts";
import { nodeError, notImplemented, outOfRange, validateBoolean, validateInteger, validateObject } from "./errors.ts";
import { IncomingMessage } from "./http-incoming.ts";
import { ServerResponse } from "./http-response.ts";
import { listenArguments } from "./listen.ts";
import type { EventOfRequest } from "./http-incoming.ts";
import type { Listener } from "./http-streams.ts";

const FLAG = "enable_nodejs_http_server_modules";
const FIRST_PORT = 49_152;
const MOST_PORT = 65_535;

interface Options {
  IncomingMessage?: typeof IncomingMessage;
  ServerResponse?: typeof ServerResponse;
  highWaterMark?: number;
  [name: string]: unknown;
}

interface Emitter {
  emit(name: string, ...args: unknown[]): boolean;
  on(name: string, listener: Listener): this;
  once(name: string, listener: Listener): this;
}

/** Times in milliseconds, by the option that sets each. */
const TIMES = {
  requestTimeout: 300_000,
  headersTimeout: 60_000,
  keepAliveTimeout: 5000,
  connectionsCheckingInterval: 30_000,
};
const SWITCHES = ["insecureHTTPParser", "requireHostHeader", "joinDuplicateHeaders", "rejectNonStandardBodyWrites"];

/** What a server has of its options as properties. */
function settingsOf(options: Options): Record<string, unknown> {
  const settings: Record<string, unknown> = { ...TIMES };
  for (const name of Object.keys(TIMES)) {
    const value = options[name];
    if (value === undefined) continue;
    validateInteger(value, name, 0);
    settings[name] = value;
  }
  const { requestTimeout, headersTimeout } = settings as typeof TIMES;
  if (options.headersTimeout === undefined)
    settings.headersTimeout = Math.min(headersTimeout, requestTimeout || headersTimeout);
  else if (requestTimeout > 0 && headersTimeout > requestTimeout) {
    throw outOfRange("headersTimeout", "<= requestTimeout", headersTimeout);
  }
  if (options.maxHeaderSize !== undefined) validateInteger(options.maxHeaderSize, "maxHeaderSize", 0);
  if (options.highWaterMark !== undefined) validateInteger(options.highWaterMark, "options.highWaterMark", 0);
  for (const name of SWITCHES) {
    if (options[name] !== undefined) validateBoolean(options[name], `options.${name}`);
    if (name !== SWITCHES[0]) settings[name] = options[name] ?? false;
  }
  return settings;
}

/** The servers of the worker that listen, by port. */
const servers = new Map<number, Server>();

function freePort(): number {
  for (let port = FIRST_PORT; port <= MOST_PORT; port++) if (!servers.has(port)) return port;
  throw nodeError(Error, "EADDRINUSE", "listen EADDRINUSE: all ports are in use");
}

const alreadyListens = () =>
  nodeError(Error, "ERR_SERVER_ALREADY_LISTEN", "Listen method has been called more than once without closing.");

export class Server extends (EventEmitter as unknown as new (options?: object) => Emitter) {
  httpAllowHalfOpen = false;
  timeout = 0;
  maxHeadersCount: number | null = null;
  maxRequestsPerSocket = 0;
  keepAliveTimeoutBuffer = 1000;
  readonly #options: Options;
  #port: number | undefined;

  constructor(options?: unknown, listener?: Listener) {
    if (!worker.flags.has(FLAG)) throw notImplemented("createServer");
    super({ captureRejections: true });
    const isLeftOut = typeof options === "function";
    const given = isLeftOut ? {} : (options ?? {});
    validateObject(given, "options");
    this.#options = given as Options;
    Object.assign(this, settingsOf(this.#options));
    const first = isLeftOut ? (options as Listener) : listener;
    if (first) this.on("request", first);
  }

  /** Takes the arguments of `net.Server.listen()`. The host has no part in it, and a path stands for any free port. */
  listen(...args: unknown[]): this {
    const [port, listener] = listenArguments(args);
    if (this.#port !== undefined || (port !== 0 && servers.has(port))) throw alreadyListens();
    this.#port = port === 0 ? freePort() : port;
    servers.set(this.#port, this);
    if (listener !== undefined) this.once("listening", listener);
    queueMicrotask(() => {
      if (this.listening) this.emit("listening");
    });
    return this;
  }

  get listening() {
    return this.#port !== undefined;
  }

  address() {
    return this.#port === undefined ? null : { port: this.#port, family: "IPv4", address: "127.0.0.1" };
  }

  close(callback?: Listener): this {
    if (this.#port !== undefined) servers.delete(this.#port);
    this.#port = undefined;
    if (typeof callback === "function") this.once("close", callback);
    queueMicrotask(() => this.emit("close"));
    return this;
  }

  async [Symbol.asyncDispose]() {
    this.close();
  }

  /** There are no connections besides those of requests. */
  closeAllConnections() {}

  closeIdleConnections() {}

  getConnections(callback?: (error: null, count: number) => void): this {
    if (callback !== undefined) queueMicrotask(() => callback(null, 0));
    return this;
  }

  setTimeout(milliseconds: number | Listener, callback?: Listener): this {
    if (typeof milliseconds === "number") this.timeout = milliseconds;
    const listener = typeof milliseconds === "function" ? milliseconds : callback;
    if (listener !== undefined) this.on("timeout", listener);
    return this;
  }

  ref(): this {
    return this;
  }

  unref(): this {
    return this;
  }

  /** What an asynchronous handler throws fails the request, as it does in a handler of the worker. */
  [Symbol.for("nodejs.rejection")](error: Error, event: string, ...args: unknown[]) {
    if (event === "request") (args[1] as ServerResponse).destroy(error);
    else this.emit("error", error);
  }

  /** The response of the server that listens at a port; undefined if none does. */
  static handle(port: number, request: Request, event: EventOfRequest): Promise<Response> | undefined {
    const server = servers.get(port);
    return server === undefined ? undefined : server.#handle(port, request, event);
  }

  #handle(port: number, request: Request, event: EventOfRequest): Promise<Response> {
    const { IncomingMessage: Incoming = IncomingMessage, ServerResponse: Outgoing = ServerResponse } = this.#options;
    const message = new Incoming();
    IncomingMessage.accept(message, request, port, event);
    const { highWaterMark } = this.#options;
    const answer = new Outgoing(message, highWaterMark === undefined ? {} : { highWaterMark });
    IncomingMessage.lost(message, (cause) => answer.destroy(cause));
    this.emit("connection", message.socket);
    this.emit("request", message, answer);
    return ServerResponse.responseOf(answer);
  }
}

/** A server of `node:https`: certificates are not a worker's. */
export class SecureServer extends Server {}

for (const name of ["addContext", "getTicketKeys", "setSecureContext", "setTicketKeys"]) {
  const value = () => {
    throw notImplemented(name);
  };
  Object.defineProperty(SecureServer.prototype, name, { value, writable: true, configurable: true });
}
