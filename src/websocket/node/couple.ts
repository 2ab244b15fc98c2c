// A connection of the library `ws`, coupled with a socket: what the one receives, the other sends. Loaded with the first.

import { once } from "node:events";
import type { Duplex } from "node:stream";
import type { WebSocket as Connection } from "ws";
import { ABNORMAL, MOST_QUEUED, NO_STATUS, Way } from "../end.ts";
import { endOf } from "./node-sockets.ts";
import type { WebSocket } from "../../../index.d.ts";
import type { End, Link, SocketEvent } from "../end.ts";

const USED = "Can't return WebSocket that was already used in a response.";
const ACCEPTED = "Can't return WebSocket in a Response after calling accept().";
const CLOSED = "Incoming WebSocket connection already closed.";
/** The states of a connection. */
const CONNECTING = 0;
const CLOSING = 2;
/** What a close frame holds of a reason, in bytes. */
const MOST_REASON_BYTES = 123;

/** What is used of the stream below a connection, to send the messages of a turn in one write. */
type Corked = Pick<Duplex, "cork" | "uncork">;

/** What is used of a connection: the library may be a suite's own. */
export type Coupled = Pick<
  Connection,
  "on" | "once" | "send" | "close" | "terminate" | "readyState" | "bufferedAmount"
> &
  Partial<Pick<Connection, "isPaused" | "pause" | "resume">>;

/**
 * The end of a socket that may be coupled.
 * @throws {TypeError} if it was used in a response, or accepted
 */
function freeEnd(socket: WebSocket): End {
  const end = endOf(socket);
  if (end?.isCoupled) throw new TypeError(USED);
  // A socket that was accepted in its worker stays there.
  if (end === undefined || end.isAccepted) throw new TypeError(ACCEPTED);
  return end;
}

/** Couples a connection with a socket, and resolves when the connection is open. */
const coupleWebSocket = (connection: Coupled, socket: WebSocket): Promise<void> => couple(connection, socket);

/** The same over a stream that is known. */
async function couple(connection: Coupled, socket: WebSocket, stream?: Corked): Promise<void> {
  const end = freeEnd(socket);
  if (connection.readyState >= CLOSING) throw new TypeError(CLOSED);
  listen(connection, (event) => {
    if (!end.hasClosed || event[0] === "error") end.put(event);
    if (event[0] === "close") end.release();
    else holdBack(connection, end);
  });
  if (connection.readyState === CONNECTING) await once(connection as Connection, "open");
  const sender = stream === undefined ? connection : new Joining(connection, stream);
  end.accept({
    take(event) {
      // A connection that is not read has no answer to a close.
      if (event[0] === "close") connection.resume?.();
      send(sender, event, () => end.drained());
    },
    waiting: () => connection.bufferedAmount,
  });
  end.isCoupled = true;
}

/** A client that sends faster than the worker takes messages is not read until the worker has caught up. */
function holdBack(connection: Coupled, { link }: End): void {
  if (connection.isPaused === true || link.waiting() <= MOST_QUEUED) return;
  connection.pause?.();
  link.whenRoom?.(() => connection.resume?.());
}

/** The client of a socket is gone before there was a connection. */
function abandon(socket: WebSocket): void {
  const end = freeEnd(socket);
  end.accept({ take() {}, waiting: () => 0 });
  end.close(ABNORMAL, "");
  end.release();
}

/** Tells of what a connection receives. */
function listen(connection: Coupled, tell: (event: SocketEvent) => void): void {
  connection.on("message", (data: Buffer, isBinary: boolean) => {
    tell(["message", isBinary ? new Uint8Array(data).buffer : data.toString()]);
  });
  connection.on("close", (code: number, reason: Buffer) => {
    tell(["close", code, reason.toString(), code !== ABNORMAL]);
  });
  connection.on("error", (error: Error) => tell(["error", error]));
}

/** What sends for a connection. */
interface Sender {
  send(data: string | ArrayBuffer, sent: () => void): void;
  close(code?: number, reason?: string | Buffer): void;
  terminate(): void;
}

/** Sends what comes within a turn in one write. */
class Joining implements Sender {
  #connection: Coupled;
  #stream: Corked;
  #isCorked = false;

  constructor(connection: Coupled, stream: Corked) {
    this.#connection = connection;
    this.#stream = stream;
  }

  send(data: string | ArrayBuffer, sent: () => void) {
    this.#cork();
    this.#connection.send(data, sent);
  }

  close(code?: number, reason?: string | Buffer) {
    this.#connection.close(code, reason);
  }

  /** What was sent before goes out. */
  terminate() {
    this.#uncork();
    this.#connection.terminate();
  }

  #cork() {
    if (this.#isCorked) return;
    this.#isCorked = true;
    this.#stream.cork();
    process.nextTick(() => this.#uncork());
  }

  #uncork() {
    if (!this.#isCorked) return;
    this.#isCorked = false;
    this.#stream.uncork();
  }
}

function send(connection: Sender, event: SocketEvent, sent: () => void): void {
  // A connection that is lost meanwhile says so by its events.
  if (event[0] === "message") connection.send(event[1], sent);
  else if (event[0] === "close") close(connection, event[1], event[2]);
}

function close(connection: Sender, code: number, reason: string): void {
  if (code === ABNORMAL) connection.terminate();
  else if (code === NO_STATUS) connection.close();
  else closeWith(connection, code, Buffer.from(reason));
}

function closeWith(connection: Sender, code: number, reason: Buffer): void {
  try {
    connection.close(code, reason.byteLength > MOST_REASON_BYTES ? fitting(reason) : reason);
  } catch {
    // A code that RFC 6455 leaves undefined: the library sends none such.
    connection.close();
  }
}

/** As many characters as a frame holds. */
const fitting = (bytes: Buffer) => {
  let end = MOST_REASON_BYTES;
  while (((bytes[end] as number) & 0xc0) === 0x80) end--;
  return bytes.toString("utf8", 0, end);
};

/** The link of a socket to a connection of its own. */
function linkTo(connection: Coupled): Link {
  const way = new Way((event) => send(connection, event, () => {}), queueMicrotask);
  return {
    put: (event, ready) => way.put(event, ready),
    waiting: () => way.bytes + connection.bufferedAmount,
  };
}

export { abandon, couple, coupleWebSocket, freeEnd, linkTo, listen };
