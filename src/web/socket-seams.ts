// How Durable Objects accept sockets, which are those of another room. That room puts its functions in the place of these
// when it loads.

/** What a socket hears that an object has accepted. */
export type HeldEvent =
  | [type: "message", data: string | ArrayBuffer]
  | [type: "close", code: number, reason: string, wasClean: boolean]
  | [type: "error", error: unknown];

/** Takes an event; a promise when the next one must wait for it. */
export type Hear = (event: HeldEvent) => Promise<unknown> | undefined;

/** A connection that an object has accepted. It outlives the object in memory. */
export interface HeldSocket {
  /** Makes a `WebSocket` of the connection, for one life of its object. */
  open(): object;
  /** Sends a message, unless the connection was closed on this side. */
  send(text: string): void;
  /** Replies to a close with its code, unless the connection was closed on this side. */
  reply(code: number): void;
  /** Ends the connection: the peer has lost it, and nothing more is heard. */
  lose(): void;
}

interface SocketSeams {
  isSocket(value: unknown): value is object;
  hold(socket: object, hear: Hear): HeldSocket;
  heldOf(socket: object): HeldSocket | undefined;
  isAccepted(socket: object): boolean;
}

export const sockets: SocketSeams = {
  isSocket: (value): value is object => false,
  /** Has `hear` take the events of a socket. Throws if the socket, or the other one of its pair, was used before. */
  hold(socket, hear) {
    throw new TypeError("No sockets in this realm");
  },
  /** What `hold` has returned for the connection of a socket; undefined if it was not called for it. */
  heldOf: (socket) => undefined,
  /** Whether events of the socket have a taker. */
  isAccepted: (socket) => false,
};
