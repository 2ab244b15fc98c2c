// `WebSocket` and `WebSocketPair`: what users call. One copy runs in the worker and one in Node, each over the events of its
// realm. The connection itself is `end.ts`.

import { ABNORMAL, createPair, End, MOST_WAITING, NO_STATUS, READY_STATE, sizeOf } from "./end.ts";
import { createRules } from "./socket-rules.ts";
import type * as miniflare from "../../index.d.ts";
import type { Link, Ready, SocketEvent, Soon } from "./end.ts";

/** A connection that a socket has opened. */
interface Connection {
  link: Link;
  protocol: string;
  extensions: string;
  /** Has the end receive events from now on. */
  begin(end: End): void;
}

/** Calls a listener where it was added: at once, or when the event may arrive, and then it returns a promise of that. */
type Run = (call: () => void) => Promise<unknown> | undefined;

/** What a realm makes sockets with. */
interface SocketRealm {
  Blob: typeof globalThis.Blob;
  CloseEvent: new (type: string, init: { code: number; reason: string; wasClean: boolean }) => Event;
  DOMException: typeof globalThis.DOMException;
  ErrorEvent: new (type: string, init: { error: unknown; message: string }) => Event;
  Event: typeof globalThis.Event;
  EventTarget: typeof globalThis.EventTarget;
  MessageEvent: new (type: string, init: { data: unknown }) => Event;
  URL: typeof globalThis.URL;
  /** Remembers where a listener is added. `lose()` is called if an event never may arrive there. */
  capture(lose: () => void): Run;
  soon: Soon;
  /** A promise when what is sent has to wait for something. */
  depart(): Promise<void> | undefined;
  connect(url: string, protocols: string[]): Promise<Connection>;
  /** Whether a compatibility flag is on. */
  isEnabled(flag: string): boolean;
  /** The bytes of a clone, and what they are of. */
  serialize(value: unknown): Uint8Array;
  deserialize(bytes: Uint8Array): unknown;
}

/** The classes of a realm, and how their sockets are reached. */
interface WebSockets {
  /** The end of a socket; undefined for any other value. */
  endOf(value: unknown): End | undefined;
  socketOf(end: End): miniflare.WebSocket;
  WebSocket: {
    readonly prototype: miniflare.WebSocket;
    new (url: string | URL, protocols?: string | string[]): miniflare.WebSocket;
  };
  WebSocketPair: { readonly prototype: WebSocketPair; new (): WebSocketPair };
}

interface WebSocketPair {
  readonly 0: miniflare.WebSocket;
  readonly 1: miniflare.WebSocket;
  [Symbol.iterator](): Iterator<miniflare.WebSocket>;
}

type EventListenerFunction = (event: Event) => void;
type Listener = EventListenerFunction | { handleEvent: EventListenerFunction };
type ListenerOptions = boolean | { once?: boolean; signal?: AbortSignal; capture?: boolean; passive?: boolean };
/** The function that is the property of an event, as `onmessage`. */
interface Handler {
  listener: EventListenerFunction | null;
  run: Run;
}
type Constructor = { prototype: object; new (...args: never[]): object };

const NOT_ACCEPTED = "You must call accept() on this WebSocket before sending messages.";
const CONSTRUCTED = "Websockets obtained from the 'new WebSocket()' constructor cannot call accept";
const HELD = "Can't accept() WebSocket after enabling hibernation.";
const COUPLED = "Can't accept() WebSocket that was already used in a response.";
const WITHOUT_NEW =
  "Failed to construct 'WebSocketPair': Please use the 'new' operator, this object constructor cannot be called as a function.";
const NOTHING_SENT = "Failed to execute 'send' on 'WebSocket': 1 argument required, but only 0 present.";
const NOTHING_ATTACHED =
  "Failed to execute 'serializeAttachment' on 'WebSocket': parameter 1 is not of type 'JsValue'.";
const HANDLED = ["open", "message", "close", "error"];
const BINARY_TYPES = ["arraybuffer", "blob"];

/** What the constructor is given for an end that is there already. */
const OF_END = Symbol("of an end");

/** Makes one realm's classes. */
function createWebSockets(realm: SocketRealm): WebSockets {
  const { Blob, CloseEvent, ErrorEvent, Event, EventTarget, MessageEvent } = realm;
  const { dispatchEvent } = EventTarget.prototype;
  const { checkAttachment, checkClose, dataOf, protocolsOf, urlOf } = createRules(realm);
  let endOf!: WebSockets["endOf"];
  let handlerOf!: (socket: WebSocket, type: string) => EventListenerFunction | null;
  let setHandler!: (socket: WebSocket, type: string, listener: unknown) => void;

  class WebSocket extends EventTarget {
    #end: End;
    #url: string | null = null;
    #protocol: string | null = null;
    #extensions: string | null = null;
    #binaryType: string | undefined;
    #allowsHalfOpen = false;
    #isConstructed = false;
    /** What calls a listener where it was added, by type. */
    #wrappers = new Map<string, Map<Listener, EventListenerFunction>>();
    /** Those that are properties, as `onmessage`. */
    #handlers = new Map<string, Handler>();
    /** What listeners of the event that is dispatched wait for. */
    #waits: Promise<unknown>[] | undefined;

    constructor(url: unknown, protocols: string | string[] | End = []) {
      super();
      if (url === OF_END) {
        this.#end = protocols as End;
        return;
      }
      const target = urlOf(url).href;
      const list = protocolsOf(protocols as string | string[]);
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
      const { send, serializeAttachment } = WebSocket.prototype;
      for (const one of [WebSocket, send, serializeAttachment]) Object.defineProperty(one, "length", { value: 1 });
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

    set binaryType(value: string) {
      if (BINARY_TYPES.includes(value)) this.#binaryType = value;
    }

    accept(options: { allowHalfOpen?: boolean } | undefined = undefined) {
      if (this.#isConstructed) throw new TypeError(CONSTRUCTED);
      if (this.#end.held !== undefined) throw new TypeError(HELD);
      if (this.#end.isCoupled) throw new TypeError(COUPLED);
      if (this.#end.isAccepted) return;
      this.#allowsHalfOpen = options?.allowHalfOpen === true;
      this.#take();
    }

    send(...args: unknown[]) {
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

    close(code: unknown = undefined, reason: unknown = undefined) {
      checkClose(code, reason, realm.isEnabled("websocket_close_reason_byte_limit"));
      const end = this.#end;
      if (!end.isAccepted) throw new TypeError(NOT_ACCEPTED);
      if (end.hasClosed) {
        // As in Workers, where `close()` may be called again; Miniflare 2 refuses that.
        if (end.held !== undefined) return;
        throw new TypeError("WebSocket already closed");
      }
      end.close(Number(code), reason === undefined ? "" : String(reason), realm.depart());
    }

    serializeAttachment(...args: unknown[]) {
      if (args.length === 0) throw new TypeError(NOTHING_ATTACHED);
      const bytes = realm.serialize(args[0]);
      checkAttachment(bytes.byteLength);
      this.#end.attachment = bytes;
    }

    deserializeAttachment(): unknown {
      const bytes = this.#end.attachment;
      return bytes === undefined ? null : realm.deserialize(bytes);
    }

    override addEventListener(
      type: string,
      listener: Listener | null,
      options: ListenerOptions | undefined = undefined,
    ) {
      super.addEventListener(type, this.#wrapped(`${type}`, listener, options), options);
    }

    override removeEventListener(
      type: string,
      listener: Listener | null,
      options: ListenerOptions | undefined = undefined,
    ) {
      const wrappers = this.#wrappers.get(`${type}`);
      super.removeEventListener(type, wrappers?.get(listener as Listener) ?? listener, options);
      wrappers?.delete(listener as Listener);
    }

    /** What calls a listener where it was added; the same as long as it is. */
    #wrapped(type: string, listener: Listener | null, options: ListenerOptions | undefined) {
      if (listener === null || (typeof listener !== "object" && typeof listener !== "function")) return listener;
      let wrappers = this.#wrappers.get(type);
      if (wrappers === undefined) this.#wrappers.set(type, (wrappers = new Map()));
      const known = wrappers.get(listener);
      if (known !== undefined) return known;
      const run = realm.capture(() => this.#lose());
      const forget = () => wrappers.delete(listener);
      const { once, signal } = typeof options === "object" && options !== null ? options : {};
      const wrapper = (event: Event) => {
        if (once === true) forget();
        this.#run(run, listener, event);
      };
      signal?.addEventListener("abort", forget);
      wrappers.set(listener, wrapper);
      return wrapper;
    }

    #run(run: Run, listener: Listener, event: Event) {
      const waits = run(() => call(this, listener, event));
      if (waits !== undefined) this.#waits?.push(waits);
    }

    /** The object that listened is no more: its connection is lost to the peer. */
    #lose() {
      if (!this.#end.hasClosed) this.#end.close(ABNORMAL, "");
    }

    #setHandler(type: string, given: unknown) {
      const listener = typeof given === "function" ? (given as EventListenerFunction) : null;
      const known = this.#handlers.get(type);
      const entry: Handler = Object.assign(known ?? {}, { listener, run: realm.capture(() => this.#lose()) });
      if (known !== undefined) return;
      this.#handlers.set(type, entry);
      super.addEventListener(type, (event) => {
        if (entry.listener !== null) this.#run(entry.run, entry.listener, event);
      });
    }

    #opened({ link, protocol, extensions, begin }: Connection) {
      this.#protocol = protocol;
      this.#extensions = extensions;
      this.#begin(link);
      this.#end.receive(["open"]);
      begin(this.#end);
    }

    #failed(error: unknown) {
      this.#begin({ put() {}, waiting: () => 0 });
      this.#end.hasClosed = true;
      this.#end.hasPeerClosed = true;
      this.#end.receive(["error", error]);
      this.#end.receive(["close", ABNORMAL, "", false]);
    }

    #begin(link: Link) {
      this.#end.link = link;
      this.#end.isConnecting = false;
      this.#take();
    }

    #take() {
      this.#end.accept({ take: (event) => this.#dispatch(event), waiting: () => 0 });
    }

    /** A promise when a listener has to wait: then the next event does, too. */
    #dispatch(given: SocketEvent) {
      if (given[0] === "close") this.#reply(given[1]);
      this.#waits = [];
      dispatchEvent.call(this, this.#eventOf(given));
      const waits = this.#waits;
      this.#waits = undefined;
      return waits.length === 0 ? undefined : Promise.all(waits);
    }

    /** From a date on, Workers answer a close by themselves, unless the socket may be half open. */
    #reply(code: number) {
      if (this.#end.hasClosed || this.#allowsHalfOpen || !realm.isEnabled("web_socket_auto_reply_to_close")) return;
      this.#end.close(code === NO_STATUS || code === ABNORMAL ? undefined : code, "");
    }

    #eventOf(given: SocketEvent): Event {
      switch (given[0]) {
        case "message":
          return new MessageEvent("message", { data: this.#shaped(given[1]) });
        case "close":
          return new CloseEvent("close", { code: given[1], reason: given[2], wasClean: given[3] });
        case "error":
          return new ErrorEvent("error", { error: given[1], message: messageOf(given[1]) });
        default:
          return new Event("open");
      }
    }

    #shaped(data: string | ArrayBuffer) {
      return typeof data === "string" || this.binaryType === "arraybuffer" ? data : new Blob([data]);
    }
  }

  for (const type of HANDLED) defineHandler(WebSocket.prototype, type, handlerOf, setHandler);
  defineStates(WebSocket);

  const socketOf = (end: End) => new WebSocket(OF_END, end) as unknown as miniflare.WebSocket;

  function WebSocketPair(this: Record<number, miniflare.WebSocket>) {
    if (new.target === undefined) throw new TypeError(WITHOUT_NEW);
    const [one, other] = createPair(realm.soon);
    this[0] = socketOf(one);
    this[1] = socketOf(other);
  }
  definePairs(WebSocketPair);

  return {
    endOf,
    socketOf,
    WebSocket: WebSocket as unknown as WebSockets["WebSocket"],
    WebSocketPair: WebSocketPair as unknown as WebSockets["WebSocketPair"],
  };
}

/** The property that holds the handler of an event. */
function defineHandler<Socket extends object>(
  prototype: Socket,
  type: string,
  get: (socket: Socket, type: string) => EventListenerFunction | null,
  set: (socket: Socket, type: string, listener: unknown) => void,
) {
  const name = `on${type}`;
  const accessor = {
    get [name](): unknown {
      return get(this as unknown as Socket, type);
    },
    set [name](value: unknown) {
      set(this as unknown as Socket, type, value);
    },
  };
  Object.defineProperty(prototype, name, Object.getOwnPropertyDescriptor(accessor, name) as PropertyDescriptor);
}

function defineStates(WebSocket: Constructor) {
  for (const [name, value] of Object.entries(READY_STATE)) {
    for (const key of [name, `READY_STATE_${name}`]) Object.defineProperty(WebSocket, key, { value, enumerable: true });
    Object.defineProperty(WebSocket.prototype, name, { value, enumerable: true });
  }
}

/** `const [one, other] = new WebSocketPair()` works, too. */
function definePairs(WebSocketPair: { prototype: object }) {
  Object.defineProperty(WebSocketPair.prototype, Symbol.iterator, {
    *value(this: Record<number, unknown>) {
      yield this[0];
      yield this[1];
    },
    writable: true,
    configurable: true,
  });
}

function call(socket: object, listener: Listener, event: Event) {
  if (typeof listener === "function") listener.call(socket, event);
  else listener.handleEvent(event);
}

/** What an error says, whatever it is. */
function messageOf(error: unknown) {
  return String((error as Partial<Error> | null | undefined)?.message ?? error);
}

/** The bytes, once the other may leave too. */
async function bothOf(bytes: Promise<ArrayBuffer>, leaves: Ready | undefined) {
  await leaves;
  return bytes;
}

/** Refuses what is too much for a peer that has not read what came before. */
function checkWaiting(link: Link, data: string | ArrayBuffer | Promise<ArrayBuffer>) {
  const { most = MOST_WAITING } = link;
  const before = link.waiting();
  // The bytes of a blob count once they are there.
  const own = data instanceof Promise ? 0 : sizeOf(["message", data]);
  if (before === 0 || before + own <= most) return;
  const [shown, limit] = [before, most].map((bytes) => bytes.toLocaleString("en-US"));
  const why = `${shown} bytes wait for a peer that reads too slowly or not at all, and at most ${limit} may wait`;
  throw new Error(`WebSocket send() was refused: ${why}. Wait for the peer before you send more, or close the socket.`);
}

export { createWebSockets };
export type { Connection, Run, SocketRealm, WebSocketPair, WebSockets };
