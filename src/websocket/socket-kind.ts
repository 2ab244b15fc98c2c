// Sockets crossing the membrane. The end that crosses stays where its peer is, and another one in the other realm takes its
// place: what arrives goes on to there, and what that one sends comes back. Either realm has a copy of this. A call costs more
// than an event does, so each brings the events of a turn (`events-wire.ts`).
//
// An end that was accepted already has its listeners, and stays as a proxy does. Once one end has closed, no realm keeps the
// other one alive: it goes when the code that could still send or close is gone.

import { ABNORMAL, End, READY_STATE, sizeOf, Way } from "./end.ts";
import { isText, Outbox, read, write } from "./events-wire.ts";
import type { WebSocket } from "../../index.d.ts";
import type { WireValue } from "../wire.ts";
import type { Link, SocketEvent, Soon } from "./end.ts";
import type { EventsWire } from "./events-wire.ts";
import type { WebSockets } from "./web-socket.ts";

/** What it uses of the membrane, which is above this room. */
interface Membrane {
  ask(number: number, ...args: unknown[]): unknown;
  tell(number: number, wires: WireValue[]): WireValue;
  numberOf(proxy: object): number | undefined;
  letGo(number: number): void;
  whenClosed(end: (reason: unknown) => void): () => void;
}

/**
 * Passes events on to the other realm, and returns how many bytes wait there; without an event, that alone. A function in
 * place of events is called back when little waits there.
 */
type Tell = (...events: EventsWire) => number;

/** What a realm makes sockets of ends with. */
interface KindRealm extends Pick<WebSockets, "endOf" | "socketOf"> {
  soon: Soon;
  /** Calls back when what can be told to the other realm at once has come together. */
  together: Soon;
  /** Told when a socket begins and ceases to await the other realm. */
  waiting(delta: number): void;
}

/** What comes last on the way to the other realm. */
const RELEASE = ["release"] as unknown as SocketEvent;
/** Bytes that the other realm last said to wait; from so many on, it is asked again before that counts. */
const WORTH_ASKING = 1024 * 1024;
const atOnce: Soon = (callback) => callback();

/**
 * The row of one realm, for `membrane/kinds.ts`.
 */
function createSocketKind(realm: KindRealm) {
  const { endOf, socketOf } = realm;
  const outbox = new Outbox(realm.together);
  const questions = createQuestions(outbox);
  return {
    kind: "webSocket",
    hasIdentity: true,
    is: (value: object) => endOf(value) !== undefined,
    encode(socket: WebSocket): [] | undefined {
      const end = endOf(socket);
      return end === undefined || end.isAccepted || end.isConnecting ? undefined : [];
    },
    decode(_parts: unknown[], membrane: Membrane, number?: number) {
      const end = new End(undefined);
      const link = new FarLink(end, membrane, number as number, outbox, realm);
      end.link = link;
      const socket = socketOf(end);
      // The other realm knows the end by the number of the socket, which is given back when the socket is collected.
      link.holds = socket;
      return socket;
    },
    ask: (socket: WebSocket, membrane: Membrane, question: string, ...args: never[]) =>
      questions[question](endOf(socket) as End, membrane, ...args),
    tell: (socket: WebSocket, events: string[]) => put(endOf(socket) as End, events),
  };
}

/** Has the end send events that the other realm's has sent; how many bytes wait then. */
function put(end: End, events: EventsWire): number {
  for (const event of read(events)) if (!end.hasClosed) end.put(event);
  return end.link.waiting();
}

/** What an end of the other realm asks of the one that it stands for. */
function createQuestions(outbox: Outbox): Record<string, (end: End, membrane: Membrane, ...args: never[]) => unknown> {
  return {
    /** Has `tell` take the events from now on; those that have waited. */
    accept(end, membrane, tell: Tell) {
      if (end.isAccepted) throw new TypeError("Can't return WebSocket in a Response after calling accept().");
      const taker = new FarTaker(end, tell, membrane, outbox);
      end.accept(taker);
      end.isCoupled = true;
      return taker.takeEarly();
    },
    put: (end, _, ...events: EventsWire) => put(end, events),
    waiting: (end) => end.link.waiting(),
    whenRoom: (end, _, callback: () => void) => end.link.whenRoom?.(callback),
    state: (end) => end.readyState,
    /** What still comes is dropped. */
    release: (end) => end.release(),
  };
}

/** What the events of an end are for that the other realm has accepted. */
class FarTaker {
  #end: End;
  /** A proxy, whose original the other realm keeps as long as it is here. */
  #tell: Tell | undefined;
  #number: number;
  #membrane: Membrane;
  #outbox: Outbox;
  #early: EventsWire | undefined = [];
  #known = 0;
  #untold = 0;
  #isLast = false;

  constructor(end: End, tell: Tell, membrane: Membrane, outbox: Outbox) {
    this.#end = end;
    this.#tell = tell;
    this.#number = membrane.numberOf(tell) as number;
    this.#membrane = membrane;
    this.#outbox = outbox;
  }

  /** What the end had before. */
  takeEarly(): EventsWire {
    const early = this.#early as EventsWire;
    this.#early = undefined;
    return early;
  }

  take(event: SocketEvent): undefined {
    if (event[0] === "close") this.#isLast = true;
    if (this.#early !== undefined) return write(this.#early, event);
    this.#untold += sizeOf(event);
    this.#outbox.put(this.#telling, event);
  }

  waiting(): number {
    if (this.#known >= WORTH_ASKING) this.#telling([], 0);
    return this.#known + this.#untold;
  }

  whenRoom(callback: () => void) {
    const told = () => {
      this.#known = 0;
      callback();
    };
    this.#telling([told], 0);
  }

  /** The other realm may have ended. */
  #telling = (events: EventsWire, bytes: number) => {
    const tell = this.#tell;
    this.#untold -= bytes;
    try {
      this.#known = tell === undefined ? 0 : this.#pass(tell, events);
    } catch {
      if (!this.#end.hasClosed) this.#end.close(ABNORMAL, "");
      this.#end.release();
    }
    // What was made for the end there may go, although nothing has closed it.
    if (this.#isLast && this.#untold === 0) this.#tell = undefined;
  };

  #pass(tell: Tell, events: EventsWire): number {
    if (!isText(events)) return tell(...events);
    const waiting = this.#membrane.tell(this.#number, events);
    if (typeof waiting !== "number") throw new TypeError("The other realm has not taken the events");
    return waiting;
  }
}

/** Takes what is registered for the end of the other realm back, once the link that it was for is gone. */
const collected = new FinalizationRegistry((forget: () => void) => forget());

/** Does not keep alive what it calls. */
const weakly = (reference: WeakRef<(reason: unknown) => void>) => (reason: unknown) => reference.deref()?.(reason);

/** The link of an end that stands for one of the other realm. */
class FarLink implements Link {
  holds: object | undefined;
  #end: End;
  #membrane: Membrane;
  #number: number;
  #outbox: Outbox;
  #realm: KindRealm;
  #known = 0;
  #untold = 0;
  #isOver = false;
  #isAwaiting = false;
  #hasClosed = false;
  #isReleasing = false;
  #going: Way;
  #coming: Way;
  #forget: () => void = () => {};

  constructor(end: End, membrane: Membrane, number: number, outbox: Outbox, realm: KindRealm) {
    this.#end = end;
    this.#membrane = membrane;
    this.#number = number;
    this.#outbox = outbox;
    this.#realm = realm;
    this.#going = new Way((event) => this.#go(event), atOnce);
    this.#coming = new Way((event) => this.#come(event), realm.soon);
  }

  put(event: SocketEvent, ready?: Promise<unknown>) {
    // Whoever has closed a socket may still hear of it, and need not wait for that.
    if (event[0] === "close") this.#await(false);
    this.#going.put(event, ready);
  }

  waiting(): number {
    if (this.#known >= WORTH_ASKING) this.#known = this.#ask(0, "waiting");
    return this.#going.bytes + this.#untold + this.#known;
  }

  whenRoom(callback: () => void) {
    const told = () => {
      this.#known = 0;
      callback();
    };
    this.#ask(undefined, "whenRoom", told);
  }

  state() {
    return this.#ask<0 | 1 | 2 | 3>(READY_STATE.CLOSED, "state");
  }

  accept(): SocketEvent[] {
    const early = this.#membrane.ask(this.#number, "accept", (...events: EventsWire) => this.#arrive(events));
    this.#await(true);
    this.#forget = this.#membrane.whenClosed(weakly(new WeakRef(this.#ended)));
    collected.register(this, this.#forget);
    return read(early as EventsWire);
  }

  /** After what is still on its way. */
  release() {
    this.#isReleasing = true;
    this.#going.put(RELEASE);
  }

  #go(event: SocketEvent) {
    if (event === RELEASE) return this.#outbox.after(this.#finish);
    if (event[0] === "close") this.#hasClosed = true;
    this.#untold += sizeOf(event);
    this.#outbox.put(this.#tell, event);
  }

  #tell = (events: EventsWire, bytes: number) => {
    this.#untold -= bytes;
    this.#known = isText(events) ? this.#put(events) : this.#ask(0, "put", ...events);
    // Nothing more goes there: the end over there stays only as long as its peer can send.
    if (this.#hasClosed && !this.#isReleasing && this.#untold === 0) this.#leave();
  };

  #arrive(events: EventsWire): number {
    if (typeof events[0] === "function") this.#end.whenRoom(events[0] as () => void);
    else this.#receive(events);
    return this.#coming.bytes + this.#end.waiting();
  }

  #receive(events: EventsWire) {
    const arrived = read(events);
    // What the end is coupled with calls no listener of this realm, and sends later itself.
    if (this.#end.isCoupled) this.#coming.putAtOnce(arrived);
    else for (const event of arrived) this.#coming.put(event);
  }

  #come(event: SocketEvent) {
    // Nothing more comes, whatever becomes of the other realm.
    if (event[0] === "close") this.#settle();
    this.#end.receive(event);
  }

  /** A worker that is loaded again says so, as Miniflare 2 does. */
  #ended = (reason: unknown) => {
    this.#isOver = true;
    this.#await(false);
    for (const event of endedBy(reason)) this.#coming.put(event);
  };

  #finish = () => {
    this.#settle();
    this.#ask(undefined, "release");
    this.#leave();
  };

  #settle() {
    this.#forget();
    this.#await(false);
  }

  #leave() {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#membrane.letGo(this.#number);
  }

  #await(is: boolean) {
    if (is !== this.#isAwaiting) this.#realm.waiting(is ? 1 : -1);
    this.#isAwaiting = is;
  }

  #put(events: string[]): number {
    try {
      return this.#isOver ? 0 : ((this.#membrane.tell(this.#number, events) as number | undefined) ?? 0);
    } catch {
      return 0;
    }
  }

  /** The other realm may end while it is asked: then `whenClosed` tells of it. */
  #ask<Answer>(otherwise: Answer, ...question: unknown[]): Answer {
    try {
      return this.#isOver ? otherwise : (this.#membrane.ask(this.#number, ...question) as Answer);
    } catch {
      return otherwise;
    }
  }
}

function endedBy(reason: unknown): SocketEvent[] {
  if ((reason as { code?: string } | undefined)?.code === "ERR_RELOADED")
    return [["close", 1012, "Service Restart", true]];
  return [
    ["error", reason],
    ["close", 1006, "", false],
  ];
}

export { createSocketKind };
