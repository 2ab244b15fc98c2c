// What an object is constructed with.

import { worker } from "ext:miniflare/realm/worker.ts";
import type * as miniflare from "../../index.d.ts";
import type { InputGate } from "./gate.ts";
import type { LifeSockets } from "./sockets.ts";

/** What a state asks of the object that it belongs to. */
interface StateOwner {
  readonly sockets: LifeSockets;
}

const ABORTED = "Application called abort() to reset Durable Object.";
/** Of a state that code in Node has made. */
const NO_OWNER =
  "WebSockets can be accepted by objects that the worker has constructed. Send the object a request, or call runWithDurableObject().";

export class DurableObjectState implements miniflare.DurableObjectState {
  declare readonly id: miniflare.DurableObjectId;
  declare readonly storage: miniflare.DurableObjectStorage;
  #props: object | undefined;
  #gate: InputGate;
  #owner: StateOwner | undefined;

  /** @param id undefined for a state that code in Node makes, which has no `owner` either */
  constructor(
    id: miniflare.DurableObjectId | undefined,
    storage: miniflare.DurableObjectStorage,
    gate: InputGate,
    owner?: StateOwner,
  ) {
    this.#gate = gate;
    this.#owner = owner;
    this.id = id as miniflare.DurableObjectId;
    this.storage = storage;
  }

  get props(): object {
    return (this.#props ??= {});
  }

  /** The script's own exports. */
  get exports(): unknown {
    return worker.ownExports();
  }

  /** Objects live on while anything is pending: there is nothing to wait for. */
  waitUntil(_promise: unknown) {}

  blockConcurrencyWhile<Result>(closure: () => Result | Promise<Result>) {
    return this.#gate.block(closure);
  }

  abort(reason: unknown = new Error(ABORTED), { retryAlarm = true }: { retryAlarm?: boolean } = {}): never {
    const error = reason instanceof Error ? reason : new Error(`${reason}`);
    this.#gate.abort(error, retryAlarm);
    throw error;
  }

  get #sockets(): LifeSockets {
    if (this.#owner === undefined) throw new Error(NO_OWNER);
    return this.#owner.sockets;
  }

  acceptWebSocket(socket: miniflare.WebSocket, tags?: string[]) {
    this.#sockets.accept(socket, tags);
  }

  getWebSockets(tag?: string) {
    return this.#sockets.list(tag) as miniflare.WebSocket[];
  }

  getTags(socket: miniflare.WebSocket) {
    return this.#sockets.tagsOf(socket);
  }

  setWebSocketAutoResponse(pair?: miniflare.WebSocketRequestResponsePair) {
    this.#sockets.pair = pair;
  }

  getWebSocketAutoResponse(): miniflare.WebSocketRequestResponsePair | null {
    return this.#sockets.pair;
  }

  getWebSocketAutoResponseTimestamp(socket: miniflare.WebSocket) {
    return this.#sockets.answeredAt(socket);
  }

  setHibernatableWebSocketEventTimeout(milliseconds?: number) {
    this.#sockets.timeout = milliseconds;
  }

  getHibernatableWebSocketEventTimeout() {
    return this.#sockets.timeout;
  }
}
