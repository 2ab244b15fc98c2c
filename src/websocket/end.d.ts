// The types of `end.js`.

/** An event of a connection. */
export type SocketEvent =
  | [type: "open"]
  | [type: "message", data: string | ArrayBuffer]
  | [type: "close", code: number, reason: string, wasClean: boolean]
  | [type: "error", error: unknown];

/** Where an end sends its events. */
export interface Link {
  /** `ready` is a promise of when the event may go; with a value, that is the data of the message. */
  put(event: SocketEvent, ready?: Promise<ArrayBuffer | void>): void;
  /** Bytes that have not reached the peer. */
  waiting(): number;
  /** How many may, unless that is `MOST_WAITING`. */
  readonly most?: number;
  /** The events that arrived before; called once. */
  accept?(): SocketEvent[];
  /** The state of an end that was not accepted. */
  state?(): 0 | 1 | 2 | 3;
  /** Called when nothing more comes or goes. */
  release?(): void;
}

/** What the events of an end are for. */
export interface Taker {
  /** A promise when the next event must wait for it. */
  take(event: SocketEvent): Promise<unknown> | undefined | void;
  /** Bytes that it has not passed on. */
  waiting(): number;
}

/** Events in one direction, which stay in order. */
export class Way {
  constructor(deliver: (event: SocketEvent) => void, soon: (callback: () => void) => void);
  /** The size of the messages that wait. */
  readonly bytes: number;
  put(event: SocketEvent, ready?: Promise<ArrayBuffer | void>): void;
}

/** One end of a connection. */
export class End {
  constructor(link: Link | undefined);
  link: Link;
  isConnecting: boolean;
  isAccepted: boolean;
  isCoupled: boolean;
  hasClosed: boolean;
  hasPeerClosed: boolean;
  readonly readyState: 0 | 1 | 2 | 3;
  accept(taker: Taker): void;
  put(event: SocketEvent, ready?: Promise<ArrayBuffer | void>): void;
  close(code: number | undefined, reason: string, ready?: Promise<void>): void;
  receive(event: SocketEvent): void;
  waiting(): number;
  whenTaken(): Promise<void> | undefined;
  release(): void;
}

export const ABNORMAL: 1006;
export const NO_STATUS: 1005;
export const MOST_WAITING: number;
