// `WorkerQueue`: what producers call. One copy runs in the worker (a binding) and one in Node (`mf.getQueue`), each over a
// backend of its own.

import type * as miniflare from "../../index.d.ts";
import type { WireValue } from "../wire.ts";

/** How queues are reached. Answers that are numbers are those that `later` makes promises of. */
interface QueueBackend {
  begin(): void;
  depart(): Promise<unknown> | undefined;
  advance(): Promise<unknown> | undefined;
  /** Sends `[content type, content, delay, ...]`; answers as `metrics` does. */
  send(name: string, messages: WireValue[]): WireValue;
  /** `[messages, bytes, time of the oldest]`. */
  metrics(name: string): WireValue;
  later(number: number): Promise<WireValue>;
  /** Called when messages have been sent. */
  sent(): void;
  /** The bytes of a clone. */
  serialize(value: unknown): Uint8Array;
  defaultType(): miniflare.QueueContentType;
  /** The numbers of content types. */
  types: Readonly<Record<string, number>>;
}

type SendOptions = { contentType?: unknown; delaySeconds?: unknown } | null | undefined;
type Backlog = [messages: number, bytes: number, oldest?: number];

/** The longest delay, in seconds: see `limits.rs`. */
const LONGEST_DELAY = 86_400;

/**
 * One queue, to send messages to.
 *
 * The backend has `begin()`, called before each use; `depart()` and `advance()`, called before messages are sent and after
 * each use, which return a promise when there is something to wait for; `send(name, messages)` and `metrics(name)`, which
 * answer with a value or with a number that `later(number)` makes a promise of (see `calls.rs`); `sent()`, called when
 * messages have been sent; `serialize(value)`, the bytes of a clone; `defaultType()`, the content type of a message that has none; and `types`, the numbers of
 * `MESSAGE_TYPE`.
 */
class WorkerQueue<Body = unknown> implements miniflare.Queue<Body> {
  #name: string;
  #backend: QueueBackend;
  #delay: number;

  /** @param delay the seconds that a message waits which does not say it */
  constructor(name: string, backend: QueueBackend, delay = 0) {
    this.#name = name;
    this.#backend = backend;
    this.#delay = delay;
  }

  async send(body: Body, options?: miniflare.QueueSendOptions) {
    this.#backend.begin();
    return this.#send(this.#encoded(body, options, this.#delay));
  }

  async sendBatch(
    batch: Iterable<miniflare.QueueSendRequest<Body>>,
    options?: Pick<miniflare.QueueSendOptions, "delaySeconds">,
  ) {
    this.#backend.begin();
    if (typeof batch?.[Symbol.iterator] !== "function") throw new TypeError("batch is not iterable");
    const delay = delayOf(options) ?? this.#delay;
    const encoded: WireValue[] = [];
    for (const message of batch) encoded.push(...this.#encoded(message.body, message, delay));
    if (encoded.length === 0) throw new TypeError("sendBatch() requires at least one message");
    return this.#send(encoded);
  }

  async metrics() {
    const backend = this.#backend;
    backend.begin();
    let answer = backend.metrics(this.#name);
    if (typeof answer === "number") answer = await backend.later(answer);
    const arrives = backend.advance();
    if (arrives !== undefined) await arrives;
    return metricsOf(answer as Backlog);
  }

  /** `[content type, content, delay]`; what the caller does to the body afterwards does not count. */
  #encoded(body: unknown, options: SendOptions, delay: number): WireValue[] {
    const backend = this.#backend;
    if (body === undefined) throw new TypeError("Message body cannot be undefined");
    const type = options?.contentType ?? backend.defaultType();
    const encode = ENCODERS[type as miniflare.QueueContentType];
    if (encode === undefined) throw new TypeError(`Unsupported queue message content type: ${type}`);
    return [backend.types[String(type).toUpperCase()], encode(body, backend), delayOf(options) ?? delay];
  }

  async #send(messages: WireValue[]): Promise<miniflare.QueueSendResult> {
    const backend = this.#backend;
    const leaves = backend.depart();
    if (leaves !== undefined) await leaves;
    let answer = backend.send(this.#name, messages);
    if (typeof answer === "number") answer = await backend.later(answer);
    backend.sent();
    const arrives = backend.advance();
    if (arrives !== undefined) await arrives;
    return { metadata: { metrics: metricsOf(answer as Backlog) } };
  }
}

/** How bodies become what is stored, by their content types. */
type Encoders = Record<miniflare.QueueContentType, (body: unknown, backend: QueueBackend) => string | Uint8Array>;

const ENCODERS: Encoders & { __proto__: null } = {
  __proto__: null,
  text(body) {
    if (typeof body === "string") return body;
    throw new TypeError(`Content Type "text" requires a value of type string, but received: ${typeof body}`);
  },
  bytes(body) {
    if (ArrayBuffer.isView(body)) return new Uint8Array(body.buffer, body.byteOffset, body.byteLength).slice();
    if (Object.prototype.toString.call(body) === "[object ArrayBuffer]")
      return new Uint8Array(body as ArrayBuffer).slice();
    const kinds = "ArrayBuffer or ArrayBufferView";
    throw new TypeError(`Content Type "bytes" requires a value of type ${kinds}, but received: ${typeof body}`);
  },
  json(body) {
    const text: string | undefined = JSON.stringify(body);
    if (text !== undefined) return text;
    throw new TypeError(`Content Type "json" requires a value that JSON has, but received: ${typeof body}`);
  },
  v8: (body, backend) => backend.serialize(body),
};

/** The delay that options say, in seconds; undefined when they say none. */
function delayOf(options: SendOptions): number | undefined {
  const delay = options?.delaySeconds;
  if (delay === undefined) return undefined;
  if (Number.isInteger(delay) && Number(delay) >= 0 && Number(delay) <= LONGEST_DELAY) return Number(delay);
  const expected = `a whole number of seconds from 0 to ${LONGEST_DELAY}`;
  throw new TypeError(`Invalid delaySeconds: expected ${expected}, got ${String(delay)}`);
}

/** @param parts `[messages, bytes, time of the oldest]` */
function metricsOf([backlogCount, backlogBytes, oldest]: Backlog): miniflare.QueueMetrics {
  const metrics = { backlogCount, backlogBytes };
  return oldest === undefined ? metrics : { ...metrics, oldestMessageTimestamp: new Date(oldest) };
}

export { delayOf, metricsOf, WorkerQueue };
export type { Backlog, QueueBackend };
