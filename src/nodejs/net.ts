// `node:net`: sockets of clients, over connections of `cloudflare:sockets`. A worker does not listen: servers throw.

import { Buffer } from "node:buffer";
import stream from "node:stream";
import library from "unenv/node/net";
import { connectTo } from "ext:miniflare/realm/connections.ts";
import { invalidArgType, nodeError, validateFunction } from "./errors.ts";
import { isIP, isIPv4, isIPv6 } from "./ip.ts";
import type { Socket as Connection } from "ext:miniflare/realm/connections.ts";

type Done = (error?: Error | null) => void;
type Listener = (...args: never[]) => void;
interface DuplexBase {
  push(chunk: unknown): boolean;
  emit(name: string, ...args: unknown[]): boolean;
  on(name: string, listener: Listener): this;
  once(name: string, listener: Listener): this;
  off(name: string, listener: Listener): this;
  destroy(error?: Error | null): this;
  end(...args: unknown[]): this;
  destroyed: boolean;
  readable: boolean;
  writable: boolean;
  writableEnded: boolean;
  allowHalfOpen: boolean;
  readonly readableEnded: boolean;
}
const { Duplex } = stream as unknown as { Duplex: new (options: object) => DuplexBase };

export interface ConnectOptions {
  host?: string;
  port?: number | string;
  path?: string;
  timeout?: number;
  allowHalfOpen?: boolean;
  signal?: AbortSignal;
  onread?: unknown;
}

const MOST_PORT = 65535;

function portOf(port: unknown): number {
  if (port === undefined || port === null) throw missingOptions();
  if (typeof port !== "number" && typeof port !== "string")
    throw invalidArgType("options.port", ["number", "string"], port);
  const number = typeof port === "string" && port.trim() === "" ? Number.NaN : Number(port);
  if (Number.isInteger(number) && number >= 0 && number <= MOST_PORT) return number;
  const message = `Port should be >= 0 and < 65536. Received type ${typeof port} (${typeof port === "string" ? `'${port}'` : port}).`;
  throw nodeError(RangeError, "ERR_SOCKET_BAD_PORT", message);
}

const missingOptions = () =>
  nodeError(TypeError, "ERR_MISSING_ARGS", 'The "options" or "port" or "path" argument must be specified');

/** The options and the listener of arguments, as `net.connect` takes them. */
export function normalized(args: unknown[]): [options: ConnectOptions, listener: Listener | undefined] {
  const given = Array.isArray(args[0]) ? (args[0] as unknown[]) : args;
  const [first, second] = given;
  const last = given.at(-1);
  const listener = typeof last === "function" ? (last as Listener) : undefined;
  if (typeof first === "object" && first !== null) return [first as ConnectOptions, listener];
  if (typeof first === "string" && Number.isNaN(Number(first))) return [{ path: first }, listener];
  const options: ConnectOptions = first === undefined || typeof first === "function" ? {} : { port: first as number };
  if (typeof second === "string") options.host = second;
  return [options, listener];
}

/** An error of the system, as Node's sockets emit them. */
const refused = (host: string, port: number, cause: unknown) =>
  Object.assign(new Error(`connect ECONNREFUSED ${host}:${port}`, { cause }), {
    code: "ECONNREFUSED",
    errno: -111,
    syscall: "connect",
    address: host,
    port,
  });

export class Socket extends Duplex {
  connecting = false;
  timeout: number | undefined;
  bytesWritten = 0;
  bytesRead = 0;
  remoteAddress: string | undefined;
  remoteFamily: string | undefined;
  remotePort: number | undefined;
  localAddress: string | undefined;
  localPort: number | undefined;
  protected connection: Connection | undefined;
  #reader: ReadableStreamDefaultReader<Uint8Array> | undefined;
  #writer: WritableStreamDefaultWriter<Uint8Array> | undefined;
  #isReading = false;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #lastUse = () => {};

  constructor(options: { allowHalfOpen?: boolean; signal?: AbortSignal } = {}) {
    super({
      ...options,
      allowHalfOpen: options?.allowHalfOpen ?? false,
      autoDestroy: true,
      emitClose: true,
      decodeStrings: true,
    });
    this.on("end", () => {
      if (!this.allowHalfOpen && !this.writableEnded) this.end();
    });
  }

  /** Connects to `(port, host, listener)` or `(options, listener)`. */
  connect(...args: unknown[]): this {
    const [options, listener] = normalized(args);
    if (listener !== undefined) this.once("connect", listener);
    if (options.path !== undefined) throw notThere("net.connect to a path");
    const port = portOf(options.port);
    const host = options.host ?? "localhost";
    if (typeof host !== "string") throw invalidArgType("options.host", "string", host);
    this.connecting = true;
    if (options.timeout) this.setTimeout(options.timeout);
    this.open(host, port);
    return this;
  }

  protected open(host: string, port: number) {
    // Whether it will go on with TLS is not known yet.
    const connection = connectTo({ hostname: host, port }, { secureTransport: "starttls", allowHalfOpen: true });
    this.follow(connection, host, port);
  }

  /** Uses a connection once it is there. */
  protected follow(connection: Connection, host: string, port: number, event = "connect") {
    this.connection = connection;
    connection.opened.then(
      ({ localAddress }) => this.#begin(connection, host, port, localAddress, event),
      (error) => this.destroy(event === "connect" ? refused(host, port, error) : error),
    );
  }

  #begin(connection: Connection, host: string, port: number, local: string | undefined, event: string) {
    if (this.destroyed || this.connection !== connection) return;
    this.connecting = false;
    [this.remoteAddress, this.remotePort] = [host, port];
    this.remoteFamily = isIPv6(host) ? "IPv6" : "IPv4";
    const colon = local?.lastIndexOf(":") ?? -1;
    if (local !== undefined)
      [this.localAddress, this.localPort] = [local.slice(0, colon), Number(local.slice(colon + 1))];
    this.#reader = connection.readable.getReader();
    this.#writer = connection.writable.getWriter();
    this.#writer.closed.catch(() => {});
    this.#reader.closed.catch(() => {});
    this.#use();
    this.emit(event);
    if (event === "connect") this.emit("ready");
    if (this.#isReading) this.#read();
  }

  _read() {
    if (this.#isReading && this.#reader === undefined) return;
    this.#isReading = true;
    if (this.#reader !== undefined) this.#read();
  }

  async #read() {
    const reader = this.#reader as ReadableStreamDefaultReader<Uint8Array>;
    this.#isReading = true;
    try {
      const { value, done } = await reader.read();
      if (reader !== this.#reader) return;
      this.#isReading = false;
      this.#use();
      if (done) return void this.push(null);
      this.bytesRead += value.length;
      this.push(Buffer.from(value.buffer, value.byteOffset, value.length));
    } catch (error) {
      if (reader === this.#reader) this.destroy(lost(error));
    }
  }

  _write(chunk: Uint8Array, _encoding: string, done: Done) {
    const write = () => {
      this.bytesWritten += chunk.length;
      this.#use();
      (this.#writer as WritableStreamDefaultWriter<Uint8Array>).write(chunk).then(
        () => done(),
        (error) => done(lost(error)),
      );
    };
    this.#once(write, done);
  }

  _final(done: Done) {
    const end = () =>
      (this.#writer as WritableStreamDefaultWriter<Uint8Array>).close().then(
        () => done(),
        () => done(),
      );
    if (this.connection === undefined && !this.connecting) return done();
    this.#once(end, done);
  }

  /** Now, or once there is a connection. */
  #once(work: () => void, done: Done) {
    if (this.#writer !== undefined) return work();
    if (this.connecting) return void this.once("connect", work);
    done(
      nodeError(Error, "ERR_SOCKET_CLOSED_BEFORE_CONNECTION", "Socket closed before the connection was established"),
    );
  }

  _destroy(error: Error | null, done: Done) {
    this.connecting = false;
    clearTimeout(this.#timer);
    const { connection } = this;
    this.connection = undefined;
    if (connection === undefined) return done(error);
    this.#reader = undefined;
    this.#writer = undefined;
    connection.close().then(
      () => done(error),
      () => done(error),
    );
  }

  /** Gives its connection to another socket, which goes on with TLS. */
  takeConnection(): Connection | undefined {
    const { connection } = this;
    const reader = this.#reader;
    this.#reader = undefined;
    reader?.releaseLock();
    this.#writer?.releaseLock();
    this.#writer = undefined;
    this.connection = undefined;
    return connection;
  }

  #use() {
    this.#lastUse();
  }

  /** Emits "timeout" once nothing has been sent or received for so long. */
  setTimeout(milliseconds: number, callback?: Listener): this {
    if (callback !== undefined) validateFunction(callback, "callback");
    clearTimeout(this.#timer);
    this.timeout = milliseconds;
    if (milliseconds <= 0) {
      this.#lastUse = () => {};
      if (callback !== undefined) this.off("timeout", callback);
      return this;
    }
    if (callback !== undefined) this.once("timeout", callback);
    this.#lastUse = () => {
      clearTimeout(this.#timer);
      this.#timer = setTimeout(() => this.emit("timeout"), milliseconds);
    };
    this.#use();
    return this;
  }

  /** What a worker cannot choose about a connection is accepted. */
  setNoDelay(_isOn?: boolean): this {
    return this;
  }

  setKeepAlive(_isOn?: boolean, _delay?: number): this {
    return this;
  }

  ref(): this {
    return this;
  }

  unref(): this {
    return this;
  }

  destroySoon() {
    if (this.writable) this.end();
    if (this.writableEnded) this.once("finish", () => this.destroy());
    else this.destroy();
  }

  resetAndDestroy(): this {
    return this.destroy();
  }

  address() {
    if (this.localAddress === undefined) return {};
    return { address: this.localAddress, family: isIPv6(this.localAddress) ? "IPv6" : "IPv4", port: this.localPort };
  }

  get pending() {
    return this.connection === undefined || this.connecting;
  }

  get readyState() {
    if (this.connecting) return "opening";
    if (this.readable && this.writable) return "open";
    return this.readable ? "readOnly" : this.writable ? "writeOnly" : "closed";
  }

  get bufferSize() {
    return (this as unknown as { writableLength: number }).writableLength;
  }
}

const lost = (cause: unknown) =>
  Object.assign(new Error("read ECONNRESET", { cause }), { code: "ECONNRESET", errno: -104, syscall: "read" });

const notThere = (name: string) =>
  nodeError(
    Error,
    "ERR_METHOD_NOT_IMPLEMENTED",
    `The ${name} method is not implemented: a worker connects to TCP ports`,
  );

/** Connects a new socket. */
function connect(...args: unknown[]): Socket {
  const [options] = normalized(args);
  if (options.port === undefined && options.path === undefined) throw missingOptions();
  return new Socket(options).connect(...args);
}

export class Server {
  constructor() {
    throw notThere("net.Server");
  }
}

/** Callable without `new`, as Node's is. */
function callable<Class extends new (...args: never[]) => object>(Given: Class): Class {
  const Called = new Proxy(Given, { apply: (target, _self, args) => Reflect.construct(target, args) });
  Object.defineProperty(Given.prototype, "constructor", { value: Called, writable: true, configurable: true });
  return Called;
}

const CallableSocket = callable(Socket);
let selectsFamily = true;
let familyTimeout = 250;

const net: Record<string, unknown> = {
  ...library,
  Socket: CallableSocket,
  Stream: CallableSocket,
  Server: callable(Server),
  connect,
  createConnection: connect,
  createServer: () => {
    throw notThere("net.createServer");
  },
  getDefaultAutoSelectFamily: () => selectsFamily,
  setDefaultAutoSelectFamily(value: boolean) {
    selectsFamily = value;
  },
  getDefaultAutoSelectFamilyAttemptTimeout: () => familyTimeout,
  setDefaultAutoSelectFamilyAttemptTimeout(value: number) {
    familyTimeout = value;
  },
  isIP,
  isIPv4,
  isIPv6,
  _normalizeArgs: (args: unknown[]) => normalized(args),
};

export { callable };
export default net;
