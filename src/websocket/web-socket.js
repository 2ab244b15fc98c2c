// `WebSocket` and `WebSocketPair`: what users call. One copy runs in the worker and one in Node, each over the events of its
// realm. The connection itself is `end.js`.

import { ABNORMAL, createPair, End, MOST_WAITING, NO_STATUS, READY_STATE, sizeOf } from "./end.js";
import { createRules } from "./socket-rules.ts";

const NOT_ACCEPTED = "You must call accept() on this WebSocket before sending messages.";
const CONSTRUCTED = "Websockets obtained from the 'new WebSocket()' constructor cannot call accept";
const COUPLED = "Can't accept() WebSocket that was already used in a response.";
const WITHOUT_NEW =
  "Failed to construct 'WebSocketPair': Please use the 'new' operator, this object constructor cannot be called as a function.";
const NOTHING_SENT = "Failed to execute 'send' on 'WebSocket': 1 argument required, but only 0 present.";
const HANDLED = ["open", "message", "close", "error"];
const BINARY_TYPES = ["arraybuffer", "blob"];

/** What the constructor is given for an end that is there already. */
const OF_END = Symbol("of an end");

/**
 * Makes one realm's classes.
 * @param realm what the realm provides: its classes `Blob`, `CloseEvent`, `DOMException`, `ErrorEvent`, `Event`,
 *   `EventTarget`, `MessageEvent` and `URL`;
 *   `capture(lose)` remembers where a listener is added, and returns `run(call)`, which calls there: at once, or when
 *   the event may arrive, and then it returns a promise of that. `lose()` is called if it never may;
 *   `soon(callback)` calls back in a microtask;
 *   `depart()` a promise when what is sent has to wait for something;
 *   `connect(url, protocols)` a promise of a connection: `{ link, protocol, extensions, begin(end) }`;
 *   `isEnabled(flag)` whether a compatibility flag is on
 */
function createWebSockets(realm) {
  const { Blob, CloseEvent, ErrorEvent, Event, EventTarget, MessageEvent } = realm;
  const { dispatchEvent } = EventTarget.prototype;
  const { checkClose, dataOf, protocolsOf, urlOf } = createRules(realm);
  let endOf, handlerOf, setHandler;

  class WebSocket extends EventTarget {
    #end;
    #url = null;
    #protocol = null;
    #extensions = null;
    #binaryType;
    #allowsHalfOpen = false;
    #isConstructed = false;
    /** What calls a listener where it was added, by type. */
    #wrappers = new Map();
    /** Those that are properties, as `onmessage`. */
    #handlers = new Map();
    /** What listeners of the event that is dispatched wait for. */
    #waits;

    constructor(url, protocols = []) {
      super();
      if (url === OF_END) {
        this.#end = protocols;
        return;
      }
      const target = urlOf(url).href;
      const list = protocolsOf(protocols);
      this.#isConstructed = true;
      this.#url = target;
      this.#protocol = this.#extensions = "";
      this.#end = new End(undefined);
      this.#end.isConnecting = true;
      realm.connect(target, list).then(
        (connection) => this.#opened(connection),
        (error) => this.#failed(error),
      );
    }

    static {
      endOf = (socket) => (typeof socket === "object" && socket !== null && #end in socket ? socket.#end : undefined);
      handlerOf = (socket, type) => socket.#handlers.get(type)?.listener ?? null;
      setHandler = (socket, type, listener) => socket.#setHandler(type, listener);
      for (const one of [WebSocket, WebSocket.prototype.send]) Object.defineProperty(one, "length", { value: 1 });
    }

    get readyState() {
      return this.#end.readyState;
    }

    get url() {
      return this.#url;
    }

    get protocol() {
      return this.#protocol;
    }

    get extensions() {
      return this.#extensions;
    }

    get binaryType() {
      this.#binaryType ??= realm.isEnabled("websocket_standard_binary_type") ? "blob" : "arraybuffer";
      return this.#binaryType;
    }

    set binaryType(value) {
      if (BINARY_TYPES.includes(value)) this.#binaryType = value;
    }

    accept(options = undefined) {
      if (this.#isConstructed) throw new TypeError(CONSTRUCTED);
      if (this.#end.isCoupled) throw new TypeError(COUPLED);
      if (this.#end.isAccepted) return;
      this.#allowsHalfOpen = options?.allowHalfOpen === true;
      this.#take();
    }

    send(...args) {
      const end = this.#end;
      if (!end.isAccepted) throw new TypeError(NOT_ACCEPTED);
      if (end.hasClosed) throw new TypeError("Can't call WebSocket send() after close().");
      if (args.length === 0) throw new TypeError(NOTHING_SENT);
      const data = dataOf(args[0]);
      checkWaiting(end.link, data);
      const leaves = realm.depart();
      if (!(data instanceof Promise)) return end.put(["message", data], leaves);
      end.put(["message", ""], bothOf(data, leaves));
    }

    close(code = undefined, reason = undefined) {
      checkClose(code, reason, realm.isEnabled("websocket_close_reason_byte_limit"));
      const end = this.#end;
      if (!end.isAccepted) throw new TypeError(NOT_ACCEPTED);
      if (end.hasClosed) throw new TypeError("WebSocket already closed");
      end.close(Number(code), reason === undefined ? "" : String(reason), realm.depart());
    }

    addEventListener(type, listener, options = undefined) {
      super.addEventListener(type, this.#wrapped(`${type}`, listener, options), options);
    }

    removeEventListener(type, listener, options = undefined) {
      const wrappers = this.#wrappers.get(`${type}`);
      super.removeEventListener(type, wrappers?.get(listener) ?? listener, options);
      wrappers?.delete(listener);
    }

    /** What calls a listener where it was added; the same as long as it is. */
    #wrapped(type, listener, options) {
      if (listener === null || (typeof listener !== "object" && typeof listener !== "function")) return listener;
      let wrappers = this.#wrappers.get(type);
      if (wrappers === undefined) this.#wrappers.set(type, (wrappers = new Map()));
      const known = wrappers.get(listener);
      if (known !== undefined) return known;
      const run = realm.capture(() => this.#lose());
      const forget = () => wrappers.delete(listener);
      const wrapper = (event) => {
        if (options?.once === true) forget();
        this.#run(run, listener, event);
      };
      options?.signal?.addEventListener("abort", forget);
      wrappers.set(listener, wrapper);
      return wrapper;
    }

    #run(run, listener, event) {
      const waits = run(() => call(this, listener, event));
      if (waits !== undefined) this.#waits?.push(waits);
    }

    /** The object that listened is no more: its connection is lost to the peer. */
    #lose() {
      if (!this.#end.hasClosed) this.#end.close(ABNORMAL, "");
    }

    #setHandler(type, given) {
      const listener = typeof given === "function" ? given : null;
      const known = this.#handlers.get(type);
      const entry = Object.assign(known ?? {}, { listener, run: realm.capture(() => this.#lose()) });
      if (known !== undefined) return;
      this.#handlers.set(type, entry);
      super.addEventListener(type, (event) => {
        if (entry.listener !== null) this.#run(entry.run, entry.listener, event);
      });
    }

    #opened({ link, protocol, extensions, begin }) {
      this.#protocol = protocol;
      this.#extensions = extensions;
      this.#begin(link);
      this.#end.receive(["open"]);
      begin(this.#end);
    }

    #failed(error) {
      this.#begin({ put() {}, waiting: () => 0 });
      this.#end.hasClosed = true;
      this.#end.hasPeerClosed = true;
      this.#end.receive(["error", error]);
      this.#end.receive(["close", ABNORMAL, "", false]);
    }

    #begin(link) {
      this.#end.link = link;
      this.#end.isConnecting = false;
      this.#take();
    }

    #take() {
      this.#end.accept({ take: (event) => this.#dispatch(event), waiting: () => 0 });
    }

    /** A promise when a listener has to wait: then the next event does, too. */
    #dispatch(given) {
      if (given[0] === "close") this.#reply(given[1]);
      this.#waits = [];
      dispatchEvent.call(this, this.#eventOf(given));
      const waits = this.#waits;
      this.#waits = undefined;
      return waits.length === 0 ? undefined : Promise.all(waits);
    }

    /** From a date on, Workers answer a close by themselves, unless the socket may be half open. */
    #reply(code) {
      if (this.#end.hasClosed || this.#allowsHalfOpen || !realm.isEnabled("web_socket_auto_reply_to_close")) return;
      this.#end.close(code === NO_STATUS || code === ABNORMAL ? undefined : code, "");
    }

    #eventOf([type, first, reason, wasClean]) {
      switch (type) {
        case "message":
          return new MessageEvent(type, { data: this.#shaped(first) });
        case "close":
          return new CloseEvent(type, { code: first, reason, wasClean });
        case "error":
          return new ErrorEvent(type, { error: first, message: String(first?.message ?? first) });
        default:
          return new Event(type);
      }
    }

    #shaped(data) {
      return typeof data === "string" || this.binaryType === "arraybuffer" ? data : new Blob([data]);
    }
  }

  for (const type of HANDLED) defineHandler(WebSocket.prototype, type, handlerOf, setHandler);
  defineStates(WebSocket);

  const socketOf = (end) => new WebSocket(OF_END, end);

  function WebSocketPair() {
    if (new.target === undefined) throw new TypeError(WITHOUT_NEW);
    const [one, other] = createPair(realm.soon);
    this[0] = socketOf(one);
    this[1] = socketOf(other);
  }
  definePairs(WebSocketPair);

  return { endOf, socketOf, WebSocket, WebSocketPair };
}

/** The property that holds the handler of an event. */
function defineHandler(prototype, type, get, set) {
  const name = `on${type}`;
  const accessor = {
    get [name]() {
      return get(this, type);
    },
    set [name](value) {
      set(this, type, value);
    },
  };
  Object.defineProperty(prototype, name, Object.getOwnPropertyDescriptor(accessor, name));
}

function defineStates(WebSocket) {
  for (const [name, value] of Object.entries(READY_STATE)) {
    for (const key of [name, `READY_STATE_${name}`]) Object.defineProperty(WebSocket, key, { value, enumerable: true });
    Object.defineProperty(WebSocket.prototype, name, { value, enumerable: true });
  }
}

/** `const [one, other] = new WebSocketPair()` works, too. */
function definePairs(WebSocketPair) {
  Object.defineProperty(WebSocketPair.prototype, Symbol.iterator, {
    *value() {
      yield this[0];
      yield this[1];
    },
    writable: true,
    configurable: true,
  });
}

function call(socket, listener, event) {
  if (typeof listener === "function") listener.call(socket, event);
  else listener.handleEvent(event);
}

/** The bytes, once the other may leave too. */
async function bothOf(bytes, leaves) {
  await leaves;
  return bytes;
}

/** Refuses what is too much for a peer that has not read what came before. */
function checkWaiting({ waiting, most = MOST_WAITING }, data) {
  const before = waiting();
  if (before === 0 || before + sizeOf(["message", data]) <= most) return;
  const [shown, limit] = [before, most].map((bytes) => bytes.toLocaleString("en-US"));
  const why = `${shown} bytes wait for a peer that reads too slowly or not at all, and at most ${limit} may wait`;
  throw new Error(`WebSocket send() was refused: ${why}. Wait for the peer before you send more, or close the socket.`);
}

export { createWebSockets };
