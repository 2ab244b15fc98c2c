// Sockets crossing the membrane. The end that crosses stays where its peer is, and another one in the other realm takes its
// place: what arrives goes on to there, and what that one sends comes back. Either realm has a copy of this.
//
// An end that was accepted already has its listeners, and stays as a proxy does.

import { ABNORMAL, End, READY_STATE, Way } from "./end.js";

/** What comes last on the way to the other realm. */
const RELEASE = ["release"];
/** Bytes that the other realm last said to wait; from so many on, it is asked again before that counts. */
const WORTH_ASKING = 1024 * 1024;

/** What an end of the other realm asks of the one that it stands for. */
const QUESTIONS = {
  /** Has `tell(type, ...parts)` take the events from now on; those that have waited. */
  accept(end, tell) {
    if (end.isAccepted) throw new TypeError("Can't return WebSocket in a Response after calling accept().");
    const early = [];
    let isEarly = true;
    let known = 0;
    /** The other realm may have ended. */
    const telling = (...event) => {
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
  put(end, ...event) {
    if (!end.hasClosed) end.put(fromWire(event));
    return end.link.waiting();
  },
  waiting: (end) => end.link.waiting(),
  state: (end) => end.readyState,
  /** Whatever still comes is for nobody. */
  release: (end) => end.release(),
};

/** An event whose bytes cross as such. */
const toWire = (event) => (isBuffer(event[1]) ? [event[0], new Uint8Array(event[1])] : event);
const isBuffer = (data) => typeof data === "object" && Object.prototype.toString.call(data) === "[object ArrayBuffer]";
const fromWire = (event) => (ArrayBuffer.isView(event[1]) ? [event[0], bufferOf(event[1])] : event);
const bufferOf = (bytes) => (bytes.byteLength === bytes.buffer.byteLength ? bytes.buffer : bytes.slice().buffer);

/**
 * The row of one realm, for `membrane/kinds.ts`.
 * @param endOf the end of a socket, undefined for any other value; `socketOf` makes a socket of an end
 * @param soon calls back in a microtask
 * @param waiting told when a socket begins and ceases to await the other realm
 */
function createSocketKind({ endOf, socketOf, soon, waiting }) {
  return {
    kind: "webSocket",
    hasIdentity: true,
    is: (value) => endOf(value) !== undefined,
    encode(socket) {
      const end = endOf(socket);
      return end === undefined || end.isAccepted || end.isConnecting ? undefined : [];
    },
    decode(_parts, membrane, number) {
      const end = new End(undefined);
      end.link = farLink(end, (...question) => membrane.ask(number, ...question), membrane, { soon, waiting });
      return socketOf(end);
    },
    ask: (socket, question, ...args) => QUESTIONS[question](endOf(socket), ...args),
  };
}

/** The link of an end that stands for one of the other realm. */
function farLink(end, ask, membrane, { soon, waiting }) {
  let known = 0;
  let isOver = false;
  let isAwaiting = false;
  const awaiting = (is) => {
    if (is !== isAwaiting) waiting(is ? 1 : -1);
    isAwaiting = is;
  };
  let forget = () => {};
  /** The other realm may end while it is asked: then `whenClosed` tells of it. */
  const asking = (otherwise, ...question) => {
    try {
      return isOver ? otherwise : ask(...question);
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
    state: () => asking(READY_STATE.CLOSED, "state"),
    accept() {
      const early = ask("accept", (...event) => {
        if (event.length > 0) coming.put(fromWire(event));
        return coming.bytes + end.waiting();
      });
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
function endedBy(reason) {
  if (reason?.code === "ERR_RELOADED") return [["close", 1012, "Service Restart", true]];
  return [
    ["error", reason],
    ["close", 1006, "", false],
  ];
}

export { createSocketKind };
