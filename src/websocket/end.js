// One end of a WebSocket connection: what has become of it, and the events on their way in both directions. It knows neither
// listeners nor realms. An event is a list: `["open"]`, `["message", data]` with a string or an `ArrayBuffer`, `["close",
// code, reason, wasClean]`, `["error", error]`.
//
// What an end sends goes into its link: to the other end of a pair, to an end in the other realm, or to a connection. What
// arrives waits until a taker is there, which is the socket that was accepted, or what the socket is coupled with.

/** Bytes that may wait for a peer before `send` refuses more: two messages of the largest size that Workers receive. */
const MOST_WAITING = 64 * 1024 * 1024;

const NO_STATUS = 1005;
const ABNORMAL = 1006;
/** What the peer of an end learns whose writes were lost before a message could leave. */
const LOST = ["close", ABNORMAL, "", false];
const READY_STATE = { CONNECTING: 0, OPEN: 1, CLOSING: 2, CLOSED: 3 };

/** An end that is over: whatever still comes is for nobody. */
const GONE = { take() {}, waiting: () => 0 };

/** The size of an event; that of a blob is known once it is read. */
const sizeOf = ([type, data]) => (type === "message" ? (data.byteLength ?? data.length ?? 0) : 0);

/** Events in one direction, which stay in order, whatever each of them waits for. */
class Way {
  #deliver;
  #soon;
  #waiting = [];
  /** The size of the messages that wait. */
  bytes = 0;

  /** `soon(callback)` calls back when an event's turn has come that waits for nothing. */
  constructor(deliver, soon) {
    this.#deliver = deliver;
    this.#soon = soon;
  }

  /** `ready` is undefined, or a promise of when the event may go; with a value, that is the data of the message. */
  put(event, ready) {
    const entry = { event, isDue: false, bytes: sizeOf(event) };
    this.#waiting.push(entry);
    this.bytes += entry.bytes;
    if (ready === undefined) return this.#soon(() => this.#due(entry));
    ready.then(
      (data) => {
        if (data !== undefined) entry.event = ["message", data];
        this.#due(entry);
      },
      () => {
        entry.event = LOST;
        this.#due(entry);
      },
    );
  }

  #due(entry) {
    entry.isDue = true;
    while (this.#waiting.length > 0 && this.#waiting[0].isDue) {
      const { event, bytes } = this.#waiting.shift();
      this.bytes -= bytes;
      this.#deliver(event);
    }
  }
}

/**
 * An end. Its link is `{ put(event, ready), waiting() }`: `put` takes an event of this end, `waiting()` says how many
 * bytes have not reached the peer. A link may have `accept()`, which returns the events that arrived before;
 * `state()`, the state of an end that was not accepted; `taken()`, called after each event that was taken; and
 * `release()`, called when nothing more comes or goes.
 */
class End {
  link;
  isConnecting = false;
  isAccepted = false;
  /** Whether the socket was used in a response, so that something else than its listeners takes its events. */
  isCoupled = false;
  hasClosed = false;
  hasPeerClosed = false;
  #taker;
  #queue = [];
  #queued = 0;
  #isTaking = false;

  constructor(link) {
    this.link = link;
  }

  get readyState() {
    if (this.isConnecting) return READY_STATE.CONNECTING;
    if (!this.isAccepted && this.link.state !== undefined) return this.link.state();
    if (this.hasClosed && this.hasPeerClosed) return READY_STATE.CLOSED;
    return this.hasClosed || this.hasPeerClosed ? READY_STATE.CLOSING : READY_STATE.OPEN;
  }

  /**
   * Has a taker get the events from now on, and those that have waited at once. `take(event)` returns a promise when the
   * next event must wait for it; `waiting()` says how many bytes it has not passed on.
   */
  accept(taker) {
    const early = this.link.accept?.() ?? [];
    this.isAccepted = true;
    this.#taker = taker;
    for (const event of early) this.#keep(event);
    this.#drain();
  }

  /** Sends an event to the peer. */
  put(event, ready = undefined) {
    if (event[0] === "close") this.hasClosed = true;
    this.link.put(event, ready);
  }

  close(code, reason, ready = undefined) {
    this.put(["close", code || NO_STATUS, reason ?? "", code !== ABNORMAL], ready);
  }

  /** An event of the peer arrives. */
  receive(event) {
    this.#keep(event);
    if (this.#taker !== undefined && !this.#isTaking) this.#drain();
  }

  #keep(event) {
    if (event[0] === "close") this.hasPeerClosed = true;
    this.#queue.push(event);
    this.#queued += sizeOf(event);
  }

  #drain() {
    while (this.#queue.length > 0) {
      const event = this.#queue.shift();
      this.#queued -= sizeOf(event);
      this.#isTaking = true;
      const taken = this.#taker.take(event);
      if (taken !== undefined) return void taken.then(() => this.#next(event));
      this.#isTaking = false;
      this.#releaseAfter(event);
    }
  }

  #next(event) {
    this.#isTaking = false;
    this.#releaseAfter(event);
    this.#drain();
  }

  #releaseAfter([type]) {
    if (type === "close" && this.hasClosed) this.release();
    this.link.taken?.();
  }

  /** Bytes that have arrived and wait for the taker. */
  get queued() {
    return this.#queued;
  }

  /** Bytes that have arrived and that nothing has taken. */
  waiting() {
    return this.#queued + (this.#taker?.waiting() ?? 0);
  }

  /** Nothing more comes or goes. */
  release() {
    this.#taker = GONE;
    this.#queue = [];
    this.#queued = 0;
    this.link.release?.();
  }
}

/** Two ends, each of which gets what the other sends. */
function createPair(soon) {
  const [one, other] = [new End(undefined), new End(undefined)];
  one.link = linkTo(other, soon);
  other.link = linkTo(one, soon);
  return [one, other];
}

function linkTo(end, soon) {
  const way = new Way((event) => end.receive(event), soon);
  return {
    put(event, ready) {
      // Its state says so at once, and its listeners hear of it after the messages that came before.
      if (event[0] === "close") end.hasPeerClosed = true;
      way.put(event, ready);
    },
    waiting: () => way.bytes + end.waiting(),
  };
}

export { ABNORMAL, createPair, End, MOST_WAITING, NO_STATUS, READY_STATE, sizeOf, Way };
