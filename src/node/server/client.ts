// The client at the other end of a connection: what is the same for all of its requests, and who is told when it goes.

import type { Socket } from "node:net";
import { Heads } from "./incoming-head.ts";

type Listener = () => void;

/**
 * A signal that aborts when the client disconnects: what a lane needs of an `AbortSignal`, which itself costs more than a
 * short request.
 */
export class ClientSignal {
  aborted = false;
  #reason: DOMException | undefined;
  #listeners: Set<Listener> | undefined;
  #end: Listener | undefined;

  /** Made when it is asked for. */
  get reason(): DOMException {
    return (this.#reason ??= new DOMException("The client has disconnected.", "AbortError"));
  }

  /** The client is gone. */
  abort(): void {
    if (this.aborted) return;
    this.aborted = true;
    const listeners = this.#listeners;
    this.#listeners = undefined;
    if (listeners !== undefined) for (const listener of listeners) listener();
  }

  /** Has `end` called when the request is answered. */
  endsWith(end: Listener): void {
    this.#end = end;
  }

  /** The request is answered. */
  end(): void {
    this.#end?.();
  }

  addEventListener(_type: "abort", listener: Listener): void {
    (this.#listeners ??= new Set()).add(listener);
  }

  removeEventListener(_type: "abort", listener: Listener): void {
    this.#listeners?.delete(listener);
  }
}

/** One listener for the life of a connection, whose requests follow each other or, pipelined, come together. */
export class Client {
  readonly scheme: "http" | "https";
  readonly address: string;
  readonly heads = new Heads();
  #open = new Set<ClientSignal>();

  constructor(socket: Socket & { encrypted?: boolean }) {
    this.scheme = socket.encrypted === true ? "https" : "http";
    this.address = plainAddress(socket.remoteAddress ?? "127.0.0.1");
    socket.once("close", () => {
      for (const signal of this.#open) signal.abort();
      this.#open.clear();
    });
  }

  /** The client waits for the answer to the request that has this signal. */
  awaits(signal: ClientSignal): void {
    this.#open.add(signal);
  }

  /** The request is answered. */
  end(signal: ClientSignal): void {
    this.#open.delete(signal);
    signal.end();
  }
}

/** IPv4 addresses as such, when the server listens on IPv6 as well. */
export function plainAddress(address: string): string {
  if (address === "::1") return "127.0.0.1";
  return address.startsWith("::ffff:") ? address.slice("::ffff:".length) : address;
}

const CLIENT = Symbol("client");

/** The client of a connection. */
export function clientOf(connection: Socket): Client {
  const socket = connection as Socket & { [CLIENT]?: Client };
  return (socket[CLIENT] ??= new Client(socket));
}
