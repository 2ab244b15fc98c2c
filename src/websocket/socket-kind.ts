// Sockets crossing the membrane. The end that crosses stays where its peer is, and another one in the other realm takes its
// place: what arrives goes on to there, and what that one sends comes back. Either realm has a copy of this.
//
// An end that was accepted already has its listeners, and stays as a proxy does.

import { ABNORMAL, End, READY_STATE, Way } from "./end.ts";
import type { WebSocket } from "../../index.d.ts";
import type { Link, SocketEvent, Soon } from "./end.ts";
import type { WebSockets } from "./web-socket.ts";

/** What it uses of the membrane, which is above this room. */
interface Membrane {
  ask(number: number, ...args: unknown[]): unknown;
  whenClosed(end: (reason: unknown) => void): () => void;
}

/** An event as it crosses: bytes are a view. */
type EventWire = unknown[];
/** Passes an event on to the other realm, and returns how many bytes wait there; without an event, that alone. */
type Tell = (...event: EventWire) => number;

/** What a realm makes sockets of ends with. */
interface KindRealm extends Pick<WebSockets, "endOf" | "socketOf"> {
  soon: Soon;
  /** Told when a socket begins and ceases to await the other realm. */
  waiting(delta: number): void;
}

/** What comes last on the way to the other realm. */
const RELEASE = ["release"] as unknown as SocketEvent;
/** Bytes that the other realm last said to wait; from so many on, it is asked again before that counts. */
const WORTH_ASKING = 1024 * 1024;

/** What an end of the other realm asks of the one that it stands for. */
const QUESTIONS: Record<string, (end: End, ...args: never[]) => unknown> = {
  /** Has `tell(type, ...parts)` take the events from now on; those that have waited. */
  accept(end, tell: Tell) {
    if (end.isAccepted) throw new TypeError("Can't return WebSocket in a Response after calling accept().");
    const early: EventWire[] = [];
    let isEarly = true;
    let known = 0;
    /** The other realm may have ended. */
    const telling = (...event: EventWire) => {
      try {
        known = tell(...event);
      } catch {
        if (!end.hasClosed) end.close(ABNORMAL, "");
        end.release();
      }
    };
    end.accept({
      take(event) {
        if (isEarly) early.push(toWire(event));
        else telling(...toWire(event));
      },
      waiting() {
        if (known >= WORTH_ASKING) telling();
        return known;
      },
    });
    end.isCoupled = true;
    isEarly = false;
    return early;
  },
  put(end, ...event: EventWire) {
    if (!end.hasClosed) end.put(fromWire(event));
    return end.link.waiting();
  },
  waiting: (end) => end.link.waiting(),
  state: (end) => end.readyState,
  /** Whatever still comes is for nobody. */
  release: (end) => end.release(),
};

/** An event whose bytes cross as such. */
const toWire = (event: SocketEvent): EventWire =>
  event[0] === "message" && typeof event[1] !== "string" ? [event[0], new Uint8Array(event[1])] : event;
const fromWire = (event: EventWire) =>
  (ArrayBuffer.isView(event[1]) ? [event[0], bufferOf(event[1] as Uint8Array)] : event) as SocketEvent;
const bufferOf = (bytes: Uint8Array) =>
  bytes.byteLength === bytes.buffer.byteLength ? bytes.buffer : bytes.slice().buffer;

/**
 * The row of one realm, for `membrane/kinds.ts`.
 */
function createSocketKind({ endOf, socketOf, soon, waiting }: KindRealm) {
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
      end.link = farLink(end, (...question) => membrane.ask(number as number, ...question), membrane, {
        soon,
        waiting,
      });
      const socket = socketOf(end);
      // The other realm knows the end by the number of the socket, which is given back when the socket is collected.
      end.link.holds = socket;
      return socket;
    },
    ask: (socket: WebSocket, question: string, ...args: never[]) => QUESTIONS[question](endOf(socket) as End, ...args),
  };
}

/** The link of an end that stands for one of the other realm. */
function farLink(
  end: End,
  ask: (...question: unknown[]) => unknown,
  membrane: Membrane,
  { soon, waiting }: Pick<KindRealm, "soon" | "waiting">,
): Link {
  let known = 0;
  let isOver = false;
  let isAwaiting = false;
  const awaiting = (is: boolean) => {
    if (is !== isAwaiting) waiting(is ? 1 : -1);
    isAwaiting = is;
  };
  let forget: () => void = () => {};
  /** The other realm may end while it is asked: then `whenClosed` tells of it. */
  const asking = <Answer>(otherwise: Answer, ...question: unknown[]): Answer => {
    try {
      return isOver ? otherwise : (ask(...question) as Answer);
    } catch {
      return otherwise;
    }
  };
  const going = new Way((event) => {
    if (event === RELEASE) over();
    else known = asking(0, "put", ...toWire(event));
  }, soon);
  const coming = new Way((event) => end.receive(event), soon);
  const over = () => {
    forget();
    awaiting(false);
    asking(undefined, "release");
    isOver = true;
  };
  return {
    put(event, ready) {
      // Whoever has closed a socket may still hear of it, and need not wait for that.
      if (event[0] === "close") awaiting(false);
      going.put(event, ready);
    },
    waiting() {
      if (known >= WORTH_ASKING) known = asking(0, "waiting");
      return going.bytes + known;
    },
    state: () => asking<0 | 1 | 2 | 3>(READY_STATE.CLOSED, "state"),
    accept() {
      const early = ask("accept", (...event: EventWire) => {
        if (event.length > 0) coming.put(fromWire(event));
        return coming.bytes + end.waiting();
      }) as EventWire[];
      awaiting(true);
      forget = membrane.whenClosed((reason) => {
        isOver = true;
        awaiting(false);
        for (const event of endedBy(reason)) coming.put(event);
      });
      return early.map(fromWire);
    },
    // After what is still on its way.
    release: () => going.put(RELEASE),
  };
}

/** What becomes of a socket whose other realm has ended: a worker that is loaded again says so, as Miniflare 2 does. */
function endedBy(reason: unknown): SocketEvent[] {
  if ((reason as { code?: string } | undefined)?.code === "ERR_RELOADED")
    return [["close", 1012, "Service Restart", true]];
  return [
    ["error", reason],
    ["close", 1006, "", false],
  ];
}

export { createSocketKind };
