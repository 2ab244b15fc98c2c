// `node:http` and `node:https` for clients, over `fetch`. A body is sent when the request has ended; redirects are not followed.

import { Buffer } from "node:buffer";
import EventEmitter from "node:events";
import { abortError, invalidArgType, nodeError, validateFunction } from "./errors.ts";
import { validateHeaderName } from "./http-headers.ts";
import { IncomingMessage } from "./http-incoming.ts";
import { OutgoingMessage } from "./http-outgoing.ts";
import type { Done, Listener } from "./http-streams.ts";

interface RequestOptions {
  agent?: Agent | boolean;
  auth?: string | null;
  defaultPort?: number | string;
  headers?: unknown;
  host?: string | null;
  hostname?: string | null;
  method?: string;
  path?: string | null;
  port?: number | string | null;
  protocol?: string | null;
  signal?: AbortSignal;
  socketPath?: string;
  timeout?: number;
}

const WITHOUT_BODY = new Set(["GET", "HEAD"]);

/** A request that is on its way. */
export class ClientRequest extends OutgoingMessage {
  readonly method: string;
  readonly protocol: string;
  readonly host: string;
  readonly path: string;
  aborted = false;
  reusedSocket = false;
  res: IncomingMessage | undefined;
  timeout: number | undefined;
  readonly agent: unknown;
  readonly #url: string;
  readonly #chunks: Uint8Array[] = [];
  readonly #abort = new AbortController();
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(...args: unknown[]) {
    super({ autoDestroy: false });
    const [options, callback] = requestOf(args);
    const { protocol = "http:", method = "GET", signal } = options;
    if (protocol !== "http:" && protocol !== "https:") {
      const message = `Protocol "${protocol}" not supported. Expected "http:"`;
      throw nodeError(TypeError, "ERR_INVALID_PROTOCOL", message);
    }
    if (options.socketPath !== undefined) throw unavailable("options.socketPath");
    this.method = checkedMethod(method);
    this.protocol = protocol;
    this.path = checkedPath(options.path ?? "/");
    this.host = hostOf(options);
    this.agent = options.agent;
    this.#url = `${protocol}//${this.host}${this.path}`;
    this.sent.setAll(options.headers);
    if (options.auth && !this.sent.has("authorization")) {
      this.sent.set("Authorization", `Basic ${Buffer.from(options.auth).toString("base64")}`);
    }
    if (!this.sent.has("host")) this.sent.set("Host", this.host);
    if (callback !== undefined) this.once("response", callback);
    if (options.timeout !== undefined) this.setTimeout(options.timeout);
    if (signal?.aborted) queueMicrotask(() => this.destroy(abortError(signal.reason)));
    else signal?.addEventListener("abort", () => this.destroy(abortError(signal.reason)), { once: true });
  }

  _write(chunk: Uint8Array | string, encoding: string, done: Done) {
    this.#chunks.push(typeof chunk === "string" ? Buffer.from(chunk, encoding) : new Uint8Array(chunk));
    done();
  }

  _final(done: Done) {
    this._header = `${this.method} ${this.path} HTTP/1.1\r\n${[...this.sent.lines()].map(([name, value]) => `${name}: ${value}\r\n`).join("")}\r\n`;
    this.finished = true;
    this.#send();
    done();
  }

  #send() {
    const { method } = this;
    const headers = this.sent.toHeaders();
    // Of these, `fetch` has its own.
    for (const name of ["host", "connection", "content-length", "transfer-encoding"]) headers.delete(name);
    const body = WITHOUT_BODY.has(method) ? undefined : new Uint8Array(Buffer.concat(this.#chunks));
    const init = { method, headers, redirect: "manual", signal: this.#abort.signal } as RequestInit;
    fetch(this.#url, body === undefined || body.length === 0 ? init : { ...init, body }).then(
      (response) => this.#receive(response),
      (error) => this.#fail(error),
    );
  }

  #receive(response: Response) {
    if (this.destroyed) return;
    clearTimeout(this.#timer);
    const message = new IncomingMessage(response);
    message.on("close", () => this.destroy());
    this.res = message;
    if (!this.emit("response", message)) message.resume();
  }

  #fail(error: Error & { cause?: unknown }) {
    if (this.destroyed) return;
    const { cause } = error;
    this.destroy(cause instanceof Error ? cause : error);
  }

  _destroy(error: Error | null, done: Done) {
    clearTimeout(this.#timer);
    if (this.res === undefined || !this.res.complete) this.#abort.abort();
    this.res?.destroy();
    const isLost = error === null && this.res === undefined;
    done(isLost ? Object.assign(new Error("socket hang up"), { code: "ECONNRESET" }) : error);
  }

  abort() {
    if (this.aborted) return;
    this.aborted = true;
    queueMicrotask(() => this.emit("abort"));
    this.destroy();
  }

  /** Emits "timeout" if there is no response by then. The request goes on. */
  setTimeout(milliseconds: number, callback?: Listener) {
    if (callback !== undefined) {
      validateFunction(callback, "callback");
      this.once("timeout", callback);
    }
    clearTimeout(this.#timer);
    this.timeout = milliseconds;
    if (milliseconds > 0) this.#timer = setTimeout(() => this.emit("timeout"), milliseconds);
    return this;
  }

  setNoDelay() {}

  setSocketKeepAlive() {}
}

/** The options and the listener of arguments: `(options, callback)` or `(url, options, callback)`. */
function requestOf(args: unknown[]): [options: RequestOptions, callback: Listener | undefined] {
  const last = args.at(-1);
  const callback = typeof last === "function" ? (last as Listener) : undefined;
  const [first, second] = args;
  const given = typeof first === "string" ? new URL(first) : first;
  const extra = typeof second === "object" && second !== null ? (second as RequestOptions) : {};
  if (!(given instanceof URL)) return [{ ...(given as RequestOptions), ...extra }, callback];
  const auth =
    given.username === ""
      ? {}
      : { auth: `${decodeURIComponent(given.username)}:${decodeURIComponent(given.password)}` };
  const { protocol, hostname, port } = given;
  return [{ protocol, hostname, port, path: given.pathname + given.search, ...auth, ...extra }, callback];
}

function checkedMethod(method: unknown): string {
  if (typeof method !== "string") throw invalidArgType("options.method", "string", method);
  validateHeaderName(method, "Method");
  return method.toUpperCase();
}

function checkedPath(path: string): string {
  if (/[^\u0021-\u00ff]/.test(path)) {
    throw nodeError(TypeError, "ERR_UNESCAPED_CHARACTERS", "Request path contains unescaped characters");
  }
  return path.startsWith("/") || path === "*" ? path : `/${path}`;
}

function hostOf({ hostname, host, port, defaultPort }: RequestOptions): string {
  const name = String(hostname || host || "localhost");
  const bare = name.includes(":") && !name.startsWith("[") && name.split(":").length > 2 ? `[${name}]` : name;
  const chosen = port || defaultPort;
  return chosen && !/:\d+$/.test(bare.replace(/^\[.*\]/, "")) ? `${bare}:${chosen}` : bare;
}

const unavailable = (name: string) =>
  nodeError(
    Error,
    "ERR_METHOD_NOT_IMPLEMENTED",
    `The ${name} of node:http is not implemented: a worker's requests go through fetch()`,
  );

/** Connections are those of `fetch`: an agent only carries its options. */
export class Agent extends (EventEmitter as unknown as new () => object) {
  readonly options: object;
  readonly protocol: string = "http:";
  readonly defaultPort: number = 80;
  maxSockets = Number.POSITIVE_INFINITY;
  maxFreeSockets = 256;
  maxTotalSockets = Number.POSITIVE_INFINITY;
  keepAlive = false;
  requests = {};
  sockets = {};
  freeSockets = {};

  constructor(options: object = {}) {
    super();
    this.options = { ...options };
    const { keepAlive = false } = options as { keepAlive?: boolean };
    this.keepAlive = keepAlive;
  }

  destroy() {}

  getName({ host = "localhost", port = "", localAddress = "" }: Record<string, unknown> = {}) {
    return `${host}:${port}:${localAddress}`;
  }
}

export class SecureAgent extends Agent {
  override readonly protocol = "https:";
  override readonly defaultPort = 443;
}

/** The functions of a module whose requests have a protocol unless they say which. */
export function clientOf(protocol: string) {
  const request = (...args: unknown[]) => {
    const [options, callback] = requestOf(args);
    return new ClientRequest({ ...options, protocol: options.protocol ?? protocol }, callback);
  };
  const get = (...args: unknown[]) => {
    const made = request(...args);
    made.end();
    return made;
  };
  return { request, get };
}
