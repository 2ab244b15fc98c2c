// The sockets of `cloudflare:sockets`, written once for both realms over a connection that Node opens (`node/connections.ts`).

import { addressOf, failureAt, isAllowed, settingsOf } from "./address.ts";
import type { Address, SocketSettings } from "./address.ts";

/** What happens at a connection. */
export type SocketEvent =
  | { type: "opened"; localAddress: string | undefined }
  | { type: "data"; bytes: Uint8Array }
  | { type: "written" }
  | { type: "ended" }
  | { type: "closed" }
  | { type: "failed"; reason: string };

/** What a socket asks of its connection. */
export interface Link {
  /** Answered by `written`. */
  write(bytes: Uint8Array): void;
  end(): void;
  close(): void;
  pause(): void;
  resume(): void;
  /** Goes on with TLS. Answered by `opened`, or `failed`; later events go to the receiver that is given. */
  startTls(hostname: string, receive: (event: SocketEvent) => void): void;
}

/** What a realm has for its sockets. */
export interface SocketSeams {
  ReadableStream: typeof ReadableStream;
  WritableStream: typeof WritableStream;
  /** Called by the code that connects: counts, or refuses. */
  begin(): void;
  /** Nothing, or what to wait for before bytes leave. */
  depart(): Promise<unknown> | undefined;
  /** Makes what is called with events belong to the code at hand. */
  capture(receive: (event: SocketEvent) => void): (event: SocketEvent) => void;
  open(address: Address, settings: SocketSettings, receive: (event: SocketEvent) => void): Link;
}

export interface SocketInfo {
  remoteAddress: string;
  localAddress?: string;
}

const TEXT =
  "This TransformStream is being used as a byte stream, but received a string on its writable side. If you wish to write a string, you'll probably want to explicitly UTF-8-encode it with TextEncoder.";
const OTHER =
  "This TransformStream is being used as a byte stream, but received an object of non-ArrayBuffer/ArrayBufferView type on its writable side.";
const CANCELLED = "Stream was cancelled.";
const CLOSED = "This WritableStream has been closed.";
const CLOSING = "belongs to an object that is closing.";
const NOT_STARTTLS = "The `secureTransport` socket option must be set to 'starttls' for startTls to be used.";
const IS_TLS = "Cannot startTls on a TLS socket.";
const TOO_LATE = "The connection was closed before startTls could be started.";
const TAKEN = "Cannot startTls on a socket whose streams are locked: release the reader and the writer first.";

/** How many bytes wait in a stream before the connection is told to pause. */
const BUFFERED_BYTES = 64 * 1024;

function bytesOf(chunk: unknown): Uint8Array {
  if (typeof chunk === "string") throw new TypeError(TEXT);
  // The writer may use its buffer for something else once this has returned.
  if (ArrayBuffer.isView(chunk)) return new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.byteLength).slice();
  if (chunk instanceof ArrayBuffer) return new Uint8Array(chunk).slice();
  throw new TypeError(OTHER);
}

interface Deferred<Value> {
  promise: Promise<Value>;
  resolve(value: Value): void;
  reject(reason: unknown): void;
}

/** Node 20 has no `Promise.withResolvers`. */
function deferred<Value>(): Deferred<Value> {
  const made = {} as Deferred<Value>;
  made.promise = new Promise<Value>((resolve, reject) => Object.assign(made, { resolve, reject }));
  return made;
}

const key = Symbol("connect");

/** The class of sockets, and `connect`. */
export function createSockets(seams: SocketSeams) {
  const { ReadableStream, WritableStream } = seams;

  /** The two streams of a connection, and what is known of it. */
  class Connection {
    readonly opened = deferred<SocketInfo>();
    readonly closed = deferred<void>();
    readonly readable: ReadableStream<Uint8Array>;
    readonly writable: WritableStream<unknown>;
    /** Undefined as long as nothing has left, and from the end on. */
    link: Link | undefined;
    hasOpened = false;
    isOver = false;
    #reader!: ReadableByteStreamController;
    #writer!: WritableStreamDefaultController;
    #written: Deferred<void> | undefined;
    #hasRead = false;
    #hasWritten = false;

    readonly address: Address;
    readonly settings: SocketSettings;

    constructor(address: Address, settings: SocketSettings) {
      this.address = address;
      this.settings = settings;
      // A worker may look at one of these alone.
      for (const { promise } of [this.opened, this.closed]) promise.catch(() => {});
      this.readable = new ReadableStream({
        type: "bytes",
        start: (controller) => {
          this.#reader = controller;
        },
        pull: () => this.link?.resume(),
        cancel: () => this.#endOf("read"),
      });
      this.writable = new WritableStream({
        start: (controller) => {
          this.#writer = controller;
        },
        write: (chunk) => this.#write(chunk),
        close: () => this.#end(),
        abort: () => this.close(),
      });
    }

    async #write(chunk: unknown) {
      const bytes = bytesOf(chunk);
      const waiting = seams.depart();
      if (waiting !== undefined) await waiting;
      await this.opened.promise;
      if (this.link === undefined) throw new TypeError(CLOSED);
      if (bytes.length === 0) return;
      this.#written = deferred<void>();
      this.link.write(bytes);
      await this.#written.promise;
    }

    async #end() {
      await this.opened.promise;
      this.link?.end();
      this.#endOf("write");
    }

    /** A side is done. With the other one, the connection is. */
    #endOf(side: "read" | "write") {
      if (side === "read") this.#hasRead = true;
      else this.#hasWritten = true;
      if (this.#hasRead && this.#hasWritten) this.#finish();
    }

    #finish() {
      if (this.isOver) return;
      this.isOver = true;
      this.link?.close();
      this.link = undefined;
      this.closed.resolve();
      this.#written?.resolve();
    }

    readonly receive = (event: SocketEvent) => {
      if (this.isOver) return;
      switch (event.type) {
        case "opened":
          this.hasOpened = true;
          return this.opened.resolve({
            remoteAddress: this.address.text,
            localAddress: event.localAddress,
          } as SocketInfo);
        case "data":
          return this.#take(event.bytes);
        case "written":
          return this.#written?.resolve();
        case "ended":
          return this.#readAll();
        case "closed":
          this.#readAll();
          return this.#finish();
        case "failed":
          return this.fail(new Error(event.reason));
      }
    };

    #take(bytes: Uint8Array) {
      if (this.#hasRead || bytes.length === 0) return;
      this.#reader.enqueue(bytes as Uint8Array<ArrayBuffer>);
      if ((this.#reader.desiredSize ?? 0) <= -BUFFERED_BYTES) this.link?.pause();
    }

    #readAll() {
      if (this.#hasRead) return;
      this.#hasRead = true;
      this.#reader.close();
      // A reader of the caller's own buffers learns of the end by an answer.
      this.#reader.byobRequest?.respond(0);
      if (!this.settings.allowHalfOpen && !this.#hasWritten) {
        this.#hasWritten = true;
        this.link?.end();
        if (!this.writable.locked) this.#writer.error(new TypeError(CLOSED));
      }
      this.#endOf("read");
    }

    /** No connection, or none any more. */
    fail(error: Error) {
      if (this.isOver) return;
      this.isOver = true;
      this.link?.close();
      this.link = undefined;
      this.opened.reject(error);
      this.closed.reject(error);
      if (!this.#hasRead) this.#reader.error(error);
      this.#writer.error(error);
      this.#written?.reject(error);
    }

    /** The worker wants nothing of it any more. */
    close() {
      if (this.isOver) return;
      const { readable, writable } = this;
      if (!this.#hasRead)
        this.#reader.error(readable.locked ? new Error(CANCELLED) : new TypeError(`This ReadableStream ${CLOSING}`));
      if (!this.#hasWritten)
        this.#writer.error(new TypeError(writable.locked ? CLOSED : `This WritableStream ${CLOSING}`));
      if (!this.hasOpened) this.opened.reject(new Error(failureAt(this.address.port)));
      this.#finish();
    }

    /** Leaves the connection to another object, which goes on with it. */
    release(): Link | undefined {
      const { link } = this;
      this.link = undefined;
      this.close();
      return link;
    }
  }

  class Socket {
    readonly #connection: Connection;
    #hasUpgraded = false;

    constructor(given: symbol, connection: Connection) {
      if (given !== key) throw new TypeError("Illegal constructor");
      this.#connection = connection;
    }

    get readable() {
      return this.#connection.readable;
    }

    get writable() {
      return this.#connection.writable;
    }

    get closed() {
      return this.#connection.closed.promise;
    }

    get opened() {
      return this.#connection.opened.promise;
    }

    get upgraded() {
      return this.#hasUpgraded;
    }

    get secureTransport() {
      return this.#connection.settings.secureTransport;
    }

    /** Closes both sides. */
    async close() {
      const connection = this.#connection;
      // What is on its way to the server still goes there.
      if (!connection.isOver && !connection.hasOpened) await connection.opened.promise.catch(() => {});
      connection.close();
    }

    /** Goes on with TLS; this socket is then closed, and the returned one takes its place. */
    startTls(options?: { expectedServerHostname?: string }) {
      const connection = this.#connection;
      const { secureTransport } = connection.settings;
      if (secureTransport === "on") throw new TypeError(IS_TLS);
      if (secureTransport !== "starttls") throw new TypeError(NOT_STARTTLS);
      if (connection.isOver) throw new TypeError(TOO_LATE);
      if (connection.readable.locked || connection.writable.locked) throw new TypeError(TAKEN);
      this.#hasUpgraded = true;
      const secure = new Connection(connection.address, { ...connection.settings, secureTransport: "on" });
      const hostname = options?.expectedServerHostname ?? connection.address.hostname;
      const receive = seams.capture(secure.receive);
      connection.opened.promise.then(
        () => {
          const link = connection.release();
          if (link === undefined) return secure.fail(new TypeError(TOO_LATE));
          secure.link = link;
          link.startTls(hostname, receive);
        },
        (error) => secure.fail(error),
      );
      return new Socket(key, secure);
    }
  }

  Object.defineProperty(Socket.prototype, Symbol.toStringTag, { value: "Socket", configurable: true });
  for (const name of ["readable", "writable", "closed", "opened", "upgraded", "secureTransport", "close", "startTls"]) {
    Object.defineProperty(Socket.prototype, name, { enumerable: true });
  }

  /** Opens a TCP connection. */
  function connect(address: unknown, options?: unknown) {
    const target = addressOf(address);
    const settings = settingsOf(options);
    seams.begin();
    const connection = new Connection(target, settings);
    const receive = seams.capture(connection.receive);
    const start = () => {
      if (connection.isOver) return;
      if (!isAllowed(target.port)) return connection.fail(new Error(failureAt(target.port)));
      connection.link = seams.open(target, settings, receive);
    };
    const waiting = seams.depart();
    if (waiting === undefined) start();
    else waiting.then(start);
    return new Socket(key, connection);
  }

  return { Socket, connect };
}
