// The sockets that objects have accepted. They belong to the address of an object, not to its life: an object that was
// evicted is constructed again by the next message, while its peers stay connected.
//
// An `AddressSockets` has the connections of one address and what the object has set for all of them; a `LifeSockets` has
// the `WebSocket` objects that one life of the object knows them by.

import { op_clock_now } from "ext:core/ops";
import { isPair } from "ext:miniflare/durable/request-response-pair.ts";
import { worker } from "ext:miniflare/realm/worker.ts";
import { sockets as seams } from "ext:miniflare/web/socket-seams.ts";
import type { HeldEvent, HeldSocket } from "ext:miniflare/web/socket-seams.ts";
import type { WebSocketRequestResponsePair } from "./request-response-pair.ts";

/** Limits of Workers: <https://developers.cloudflare.com/durable-objects/api/state/> */
const MOST_SOCKETS = 32_768;
const MOST_TAGS = 10;
/** Workers call them characters, and count bytes. */
const MOST_TAG_BYTES = 256;
const MOST_PAIR_BYTES = 2_048;
const MOST_TIMEOUT_MS = 604_800_000;

const NOW = Number.NaN;

/** A connection with what the object has said of it. */
interface Accepted {
  readonly held: HeldSocket;
  readonly tags: readonly string[];
  /** When it was last answered without the object, in milliseconds since the epoch. */
  answeredAt: number | null;
}

/** An event for a handler of the object. */
export interface SocketEvent {
  readonly handler: "webSocketMessage" | "webSocketClose" | "webSocketError";
  /** What the handler is called with, for one life of the object. */
  argumentsFor(life: LifeSockets): unknown[];
  /** The handler has been called, if there is one. */
  called(hasHandler: boolean): void;
  /** What the handler has begun is done. */
  done(): void;
  /** What the event is for a tail. */
  readonly traced: object;
  /** How long the handler may take, in milliseconds; null without a limit. */
  readonly timeout: number | null;
}

/** Delivers an event to the object of an address; a promise of when its handler is called, unless that was at once. */
export type Deliver = (event: SocketEvent) => Promise<unknown> | undefined;

const accepted = new WeakMap<HeldSocket, Accepted>();
/** By binding, then by id; there is an entry once an object has used sockets. */
const addresses = new Map<string, Map<string, AddressSockets>>();

class AddressSockets {
  /** In the order in which they were accepted. */
  readonly all = new Set<Accepted>();
  pair: WebSocketRequestResponsePair | undefined;
  timeout: number | null = null;
  #deliver: Deliver;
  #forget: () => void;
  /** Whether the object may still use it. */
  isInUse = true;

  constructor(deliver: Deliver, forget: () => void) {
    this.#deliver = deliver;
    this.#forget = forget;
  }

  accept(socket: object, tags: readonly string[]) {
    if (this.all.size >= MOST_SOCKETS) {
      throw new Error(`only ${MOST_SOCKETS} websockets can be accepted on a single Durable Object instance`);
    }
    const waiting: HeldEvent[] = [];
    let entry: Accepted | undefined;
    const held = seams.hold(socket, (event) => {
      if (entry !== undefined) return this.#hear(entry, event);
      // What came before stays in order, and is delivered once the object knows the socket.
      waiting.push(event);
    });
    entry = { held, tags, answeredAt: null };
    accepted.set(held, entry);
    this.all.add(entry);
    for (const event of waiting) this.#hear(entry, event);
    return held;
  }

  #hear(entry: Accepted, event: HeldEvent) {
    if (!this.all.has(entry)) return undefined;
    if (event[0] !== "message") return this.#deliver(this.#ending(entry, event));
    const data = event[1];
    if (data === this.pair?.request) return this.#answer(entry, this.pair.response);
    return this.#deliver({
      handler: "webSocketMessage",
      argumentsFor: (life) => [life.socketOf(entry.held), data],
      called() {},
      done() {},
      traced: { webSocketEventType: "message" },
      timeout: this.timeout,
    });
  }

  #answer(entry: Accepted, response: string): undefined {
    entry.held.send(response);
    entry.answeredAt = op_clock_now(NOW);
  }

  #ending(entry: Accepted, event: Exclude<HeldEvent, [type: "message", ...rest: unknown[]]>): SocketEvent {
    const isClose = event[0] === "close";
    const code = isClose ? event[1] : undefined;
    const traced = isClose
      ? { wasClean: event[3], code, webSocketEventType: "close" }
      : { webSocketEventType: "error" };
    const reply = () => code !== undefined && entry.held.reply(code);
    return {
      handler: isClose ? "webSocketClose" : "webSocketError",
      argumentsFor: (life) => [life.socketOf(entry.held), ...event.slice(1)],
      called: (hasHandler) => {
        this.#remove(entry);
        if (!hasHandler) reply();
      },
      done() {
        if (worker.flags.has("web_socket_auto_reply_to_close")) reply();
      },
      traced,
      timeout: this.timeout,
    };
  }

  #remove(entry: Accepted) {
    this.all.delete(entry);
    this.tidy();
  }

  /** Nothing is kept of an address that has neither a life nor connections. */
  tidy() {
    if (!this.isInUse && this.all.size === 0) this.#forget();
  }

  /** Ends all connections: their peers have lost them. */
  lose() {
    for (const { held } of this.all) held.lose();
    this.all.clear();
    this.tidy();
  }
}

/** The sockets of one life of an object. */
export class LifeSockets {
  #address: AddressSockets;
  #open = new WeakMap<HeldSocket, object>();

  constructor(address: AddressSockets) {
    this.#address = address;
  }

  accept(socket: unknown, tags: unknown) {
    const own = socketArgument("acceptWebSocket", socket);
    const held = this.#address.accept(own, tagsArgument(tags));
    this.#open.set(held, own);
  }

  /** The same `WebSocket` each time. */
  socketOf(held: HeldSocket): object {
    let socket = this.#open.get(held);
    if (socket === undefined) this.#open.set(held, (socket = held.open()));
    return socket;
  }

  /** Those with a tag come in the order in which they were accepted, and all of them in reverse, as in Workers. */
  list(tag: string | undefined): object[] {
    const all = [...this.#address.all];
    const chosen = tag === undefined ? all.reverse() : all.filter(({ tags }) => tags.includes(tag));
    return chosen.map(({ held }) => this.socketOf(held));
  }

  tagsOf(socket: unknown): string[] {
    const own = socketArgument("getTags", socket);
    const entry = acceptedOf(own);
    if (entry !== undefined) return [...entry.tags];
    if (seams.isAccepted(own)) throw new Error("only hibernatable websockets can have tags.");
    throw new Error("you must call 'acceptWebSocket()' before attempting to access the tags of a WebSocket.");
  }

  get pair(): WebSocketRequestResponsePair | null {
    return this.#address.pair ?? null;
  }

  set pair(pair: unknown) {
    if (pair !== undefined && !isPair(pair))
      throw notOfType("setWebSocketAutoResponse", 1, "WebSocketRequestResponsePair");
    if (pair !== undefined) checkPair(pair);
    this.#address.pair = pair;
  }

  answeredAt(socket: unknown): Date | null {
    const time = acceptedOf(socketArgument("getWebSocketAutoResponseTimestamp", socket))?.answeredAt ?? null;
    return time === null ? null : new Date(time);
  }

  get timeout(): number | null {
    return this.#address.timeout;
  }

  set timeout(milliseconds: unknown) {
    this.#address.timeout = timeoutArgument(milliseconds);
  }
}

const acceptedOf = (socket: object) => accepted.get(seams.heldOf(socket) as HeldSocket);

/** The sockets of an object that begins to use them. */
export function socketsOf(binding: string, hex: string, deliver: Deliver): LifeSockets {
  let ofBinding = addresses.get(binding);
  if (ofBinding === undefined) addresses.set(binding, (ofBinding = new Map()));
  let address = ofBinding.get(hex);
  if (address === undefined) {
    address = new AddressSockets(deliver, () => ofBinding.delete(hex));
    ofBinding.set(hex, address);
  }
  address.isInUse = true;
  return new LifeSockets(address);
}

const addressOf = (binding: string, hex: string) => addresses.get(binding)?.get(hex);

/** The life of an object is over, and its connections stay. */
export function hibernate(binding: string, hex: string) {
  const address = addressOf(binding, hex);
  if (address === undefined) return;
  address.isInUse = false;
  address.tidy();
}

/** Ends the connections of an object. */
export const loseSockets = (binding: string, hex: string) => addressOf(binding, hex)?.lose();

export function loseAllSockets() {
  for (const ofBinding of addresses.values()) for (const address of [...ofBinding.values()]) address.lose();
}

function socketArgument(method: string, socket: unknown): object {
  if (seams.isSocket(socket)) return socket;
  throw notOfType(method, 1, "WebSocket");
}

function tagsArgument(tags: unknown): string[] {
  if (tags === undefined) return [];
  if (!Array.isArray(tags)) throw notOfType("acceptWebSocket", 2, "Array");
  const distinct = [...new Set(tags.map((tag) => `${tag}`))];
  if (distinct.length > MOST_TAGS) {
    throw new Error(`a Hibernatable WebSocket cannot have more than ${MOST_TAGS} tags`);
  }
  const long = distinct.find((tag) => bytesIn(tag) > MOST_TAG_BYTES);
  if (long === undefined) return distinct;
  throw new Error(`"${long}" is longer than the max tag length (${MOST_TAG_BYTES} characters).`);
}

function checkPair({ request, response }: WebSocketRequestResponsePair) {
  for (const [name, text] of [
    ["request", request],
    ["response", response],
  ]) {
    const bytes = bytesIn(text);
    if (bytes <= MOST_PAIR_BYTES) continue;
    const title = name === "request" ? "Request" : "Response";
    throw new RangeError(
      `${title} cannot be larger than ${MOST_PAIR_BYTES} bytes. A ${name} of size ${bytes} was provided.`,
    );
  }
}

/** Milliseconds, as whole as Web IDL makes them; null for no limit. */
function timeoutArgument(given: unknown): number | null {
  if (given === undefined || given === null) return null;
  const milliseconds = Math.trunc(Number(given));
  if (!Number.isFinite(milliseconds)) {
    throw new TypeError("The value cannot be converted because it is not an integer.");
  }
  if (milliseconds < 0) {
    throw new TypeError("The value cannot be converted because it is negative and this API expects a positive number.");
  }
  if (milliseconds > MOST_TIMEOUT_MS) throw new Error(`Event timeout should not exceed ${MOST_TIMEOUT_MS} ms.`);
  return milliseconds === 0 ? null : milliseconds;
}

const bytesIn = (text: string) => new TextEncoder().encode(text).byteLength;

const notOfType = (method: string, position: number, type: string) =>
  new TypeError(
    `Failed to execute '${method}' on 'DurableObjectState': parameter ${position} is not of type '${type}'.`,
  );
