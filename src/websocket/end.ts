// One end of a WebSocket connection: what has become of it, and the events on their way in both directions. It knows neither
// listeners nor realms. An event is a list: `["open"]`, `["message", data]` with a string or an `ArrayBuffer`, `["close",
// code, reason, wasClean]`, `["error", error]`.
//
// What an end sends goes into its link: to the other end of a pair, to an end in the other realm, or to a connection. What
// arrives waits until a taker is there, which is the socket that was accepted, or what the socket is coupled with.

/** An event of a connection. */
type SocketEvent =
  | [type: "open"]
  | [type: "message", data: string | ArrayBuffer]
  | [type: "close", code: number, reason: string, wasClean: boolean]
  | [type: "error", error: unknown];

/** A promise of when an event may go; with a value, that is the data of the message. */
type Ready = Promise<unknown>;
/** Calls back when an event's turn has come that waits for nothing. */
type Soon = (callback: () => void) => void;

/** Where an end sends its events. */
interface Link {
  put(event: SocketEvent, ready?: Ready): void;
  /** Bytes that have not reached the peer. */
  waiting(): number;
  /** How many may, unless that is `MOST_WAITING`. */
  readonly most?: number;
  /** The events that arrived before; called once. */
  accept?(): SocketEvent[];
  /** The state of an end that was not accepted. */
  state?(): State;
  /** Calls back, once, when less waits for the peer than what makes a sender stop. */
  whenRoom?(callback: () => void): void;
  /** Called when nothing more comes or goes. */
  release?(): void;
  /** What must not be collected before the link. */
  holds?: object;
}

/** What the events of an end are for. */
interface Taker {
  /** A promise when the next event must wait for it. */
  take(event: SocketEvent): Promise<unknown> | undefined;
  /** Bytes that it has not passed on. */
  waiting(): number;
  /** Calls back, once, when it has passed on what was too much; that of other takers is told by `drained` of the end. */
  whenRoom?(callback: () => void): void;
}

type State = 0 | 1 | 2 | 3;

/** Bytes that may wait for a peer before `send` refuses more: two messages of the largest size that Workers receive. */
const MOST_WAITING = 64 * 1024 * 1024;

/** Bytes that may wait before the connection that they come from is read no further, and how few before it is again. */
const MOST_QUEUED = 1024 * 1024;
const ENOUGH_ROOM = MOST_QUEUED / 2;
/** What a message counts for at least: short ones take memory too. */
const LEAST_BYTES = 64;

const NO_STATUS = 1005;
const ABNORMAL = 1006;
/** What the peer of an end learns whose writes were lost before a message could leave. */
const LOST: SocketEvent = ["close", ABNORMAL, "", false];
const READY_STATE = { CONNECTING: 0, OPEN: 1, CLOSING: 2, CLOSED: 3 } as const;

/** An end that is over: what still comes is dropped. */
const GONE: Taker = { take() {}, waiting: () => 0 };

/** The size of an event; that of a blob is known once it is read. */
const sizeOf = (event: SocketEvent) => {
  if (event[0] !== "message") return 0;
  const data = event[1];
  return Math.max(LEAST_BYTES, typeof data === "string" ? data.length : data.byteLength);
};

/** An event on its way. */
interface Entry {
  event: SocketEvent;
  isDue: boolean;
  bytes: number;
}

/** Events in one direction, which stay in order, whatever each of them waits for. */
class Way {
  #deliver: (event: SocketEvent) => void;
  #soon: Soon;
  #waiting: Entry[] = [];
  /** The size of the messages that wait. */
  bytes = 0;

  constructor(deliver: (event: SocketEvent) => void, soon: Soon) {
    this.#deliver = deliver;
    this.#soon = soon;
  }

  put(event: SocketEvent, ready?: Ready): void {
    const entry = this.#enter(event);
    const due = () => this.#due(entry);
    if (ready === undefined) this.#soon(due);
    else
      ready.then(
        (data) => this.#ready(entry, data),
        () => this.#lost(entry),
      );
  }

  /** Puts events that are delivered one right after the other. */
  putTogether(events: SocketEvent[]): void {
    const entries = events.map((event) => this.#enter(event));
    this.#soon(() => {
      for (const entry of entries) this.#due(entry);
    });
  }

  #enter(event: SocketEvent): Entry {
    const entry: Entry = { event, isDue: false, bytes: sizeOf(event) };
    this.#waiting.push(entry);
    this.bytes += entry.bytes;
    return entry;
  }

  #ready(entry: Entry, data: unknown) {
    if (data !== undefined) entry.event = ["message", data as ArrayBuffer];
    this.#due(entry);
  }

  #lost(entry: Entry) {
    entry.event = LOST;
    this.#due(entry);
  }

  #due(entry: Entry) {
    entry.isDue = true;
    while (this.#waiting.length > 0 && this.#waiting[0].isDue) {
      const { event, bytes } = this.#waiting.shift() as Entry;
      this.bytes -= bytes;
      this.#deliver(event);
    }
  }
}

/**
 * An end. Its link is `{ put(event, ready), waiting() }`: `put` takes an event of this end, `waiting()` says how many
 * bytes have not reached the peer. A link may have `accept()`, which returns the events that arrived before;
 * `state()`, the state of an end that was not accepted; `whenRoom()`, which tells when few bytes wait; and `release()`,
 * called when nothing more comes or goes.
 */
class End {
  link: Link;
  isConnecting = false;
  isAccepted = false;
  /** Whether the socket was used in a response, so that something else than its listeners takes its events. */
  isCoupled = false;
  hasClosed = false;
  hasPeerClosed = false;
  /** The other end, of a pair. */
  peer: End | undefined;
  /** What a Durable Object holds that has accepted the connection. */
  held: object | undefined;
  /** The serialized attachment of the connection. */
  attachment: Uint8Array | undefined;
  #taker: Taker | undefined;
  #queue: SocketEvent[] = [];
  #queued = 0;
  #isTaking = false;
  /** Those who wait for room. */
  #stopped: (() => void)[] = [];

  /** A link that is not there yet is set before anything is sent. */
  constructor(link: Link | undefined) {
    this.link = link as Link;
  }

  get readyState(): State {
    if (this.isConnecting) return READY_STATE.CONNECTING;
    if (!this.isAccepted && this.link.state !== undefined) return this.link.state();
    if (this.hasClosed && this.hasPeerClosed) return READY_STATE.CLOSED;
    return this.hasClosed || this.hasPeerClosed ? READY_STATE.CLOSING : READY_STATE.OPEN;
  }

  /**
   * Has a taker get the events from now on, and those that have waited at once. `take(event)` returns a promise when the
   * next event must wait for it; `waiting()` says how many bytes it has not passed on.
   */
  accept(taker: Taker) {
    const early = this.link.accept?.() ?? [];
    this.isAccepted = true;
    this.#taker = taker;
    for (const event of early) this.#keep(event);
    this.#drain();
  }

  /** Sends an event to the peer. */
  put(event: SocketEvent, ready?: Ready) {
    if (event[0] === "close") this.hasClosed = true;
    this.link.put(event, ready);
  }

  close(code: number | undefined, reason: string, ready?: Ready) {
    this.put(["close", code || NO_STATUS, reason ?? "", code !== ABNORMAL], ready);
  }

  /** An event of the peer arrives. */
  receive(event: SocketEvent) {
    this.#keep(event);
    if (this.#taker !== undefined && !this.#isTaking) this.#drain();
  }

  #keep(event: SocketEvent) {
    if (event[0] === "close") this.hasPeerClosed = true;
    this.#queue.push(event);
    this.#queued += sizeOf(event);
  }

  #drain() {
    while (this.#queue.length > 0) {
      const event = this.#queue.shift() as SocketEvent;
      this.#queued -= sizeOf(event);
      this.#isTaking = true;
      const taken = (this.#taker as Taker).take(event);
      if (taken !== undefined) return void taken.then(() => this.#next(event));
      this.#isTaking = false;
      this.#releaseAfter(event);
    }
  }

  #next(event: SocketEvent) {
    this.#isTaking = false;
    this.#releaseAfter(event);
    this.#drain();
  }

  #releaseAfter([type]: SocketEvent) {
    if (type === "close" && this.hasClosed) this.release();
    this.drained();
  }

  /** Calls back, once, when so little waits that more may come. */
  whenRoom(callback: () => void) {
    this.#stopped.push(callback);
    this.#taker?.whenRoom?.(() => this.drained());
  }

  /** Something that waited does so no longer. */
  drained() {
    if (this.#stopped.length === 0 || this.waiting() > ENOUGH_ROOM) return;
    const stopped = this.#stopped;
    this.#stopped = [];
    for (const callback of stopped) callback();
  }

  /** Bytes that have arrived and that nothing has taken. */
  waiting(): number {
    return this.#queued + (this.#taker?.waiting() ?? 0);
  }

  /** Nothing more comes or goes. */
  release() {
    this.#taker = GONE;
    this.#queue = [];
    this.#queued = 0;
    this.drained();
    this.link.release?.();
  }
}

/** Two ends, each of which gets what the other sends. */
function createPair(soon: Soon): [End, End] {
  const [one, other] = [new End(undefined), new End(undefined)];
  one.link = linkTo(other, soon);
  other.link = linkTo(one, soon);
  one.peer = other;
  other.peer = one;
  return [one, other];
}

function linkTo(end: End, soon: Soon): Link {
  const way = new Way((event) => end.receive(event), soon);
  return {
    put(event, ready) {
      // Its state says so at once, and its listeners hear of it after the messages that came before.
      if (event[0] === "close") end.hasPeerClosed = true;
      way.put(event, ready);
    },
    waiting: () => way.bytes + end.waiting(),
    whenRoom: (callback) => end.whenRoom(callback),
  };
}

export { ABNORMAL, createPair, End, MOST_QUEUED, MOST_WAITING, NO_STATUS, READY_STATE, sizeOf, Way };
export type { Link, Ready, SocketEvent, Soon, Taker };
