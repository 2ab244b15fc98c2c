// The body of a request: bytes when it has arrived already, otherwise read by the worker chunk by chunk, so that a client that
// sends faster than the worker reads has to wait.

import type { IncomingMessage } from "node:http";

type Chunk = { done: true; value: undefined } | { done: false; value: Uint8Array };
const END: Chunk = { done: true, value: undefined };

const DISCONNECTED = "The client disconnected before it had sent the whole body.";
const TOO_LATE = "Cannot read a request's body after its response has been sent.";

/** The body of a request; an empty one, too, is a body. */
export function incomingBody(req: IncomingMessage, hasBody: boolean): Uint8Array | IncomingBody {
  if (!hasBody) return new Uint8Array();
  if (!req.complete) return new IncomingBody(req);
  // A copy: the bytes are in a buffer that they share with the head and with other requests.
  return new Uint8Array(req.read() ?? []);
}

/** What a lane needs of a `ReadableStream` and of its reader; Node's own costs more than a short request. */
export class IncomingBody {
  #req: IncomingMessage;
  #failure: Error | undefined;
  #pending: { resolve(chunk: Chunk): void; reject(error: Error): void } | undefined;

  constructor(req: IncomingMessage) {
    this.#req = req;
  }

  getReader(): this {
    return this;
  }

  /** The next bytes. One read follows the other. */
  read(): Promise<Chunk> {
    const chunk = this.#take();
    if (chunk !== undefined) return Promise.resolve(chunk);
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    return new Promise((resolve, reject) => {
      this.#pending = { resolve, reject };
      for (const event of EVENTS) this.#req.on(event, this.#look);
    });
  }

  /** If the worker stops reading, Node reads and drops the rest once the response is sent. */
  async cancel(): Promise<void> {
    this.#fail(new Error("The body has been cancelled."));
  }

  /** The response is sent: what is left of the body is dropped. */
  close(): void {
    this.#fail(new TypeError(TOO_LATE));
  }

  #take(): Chunk | undefined {
    if (this.#failure !== undefined) return undefined;
    const value: Buffer | null = this.#req.read();
    if (value !== null) return { done: false, value };
    if (this.#req.readableEnded || (this.#req.complete && this.#req.readableLength === 0)) return END;
    if (this.#req.destroyed) this.#failure = new Error(DISCONNECTED);
    return undefined;
  }

  #look = (): void => {
    const pending = this.#pending;
    if (pending === undefined) return;
    const chunk = this.#take();
    if (chunk !== undefined) {
      this.#settle();
      pending.resolve(chunk);
    } else if (this.#failure !== undefined) {
      this.#settle();
      pending.reject(this.#failure);
    }
  };

  #fail(error: Error): void {
    this.#failure ??= error;
    const pending = this.#pending;
    this.#settle();
    pending?.reject(this.#failure);
  }

  /** Without listeners Node can drop what is not read. */
  #settle(): void {
    if (this.#pending === undefined) return;
    this.#pending = undefined;
    for (const event of EVENTS) this.#req.off(event, this.#look);
  }
}

const EVENTS = ["readable", "end", "error", "close"];
