// What a consumer gets: a batch of messages, which it acknowledges or has delivered again.
//
// Of several calls for a message the first one counts. A later one that says the contrary has no effect, and a warning says
// so. What a handler has acknowledged by then stays so when the handler fails.

import type * as miniflare from "../../index.d.ts";

type DelayOf = (options: miniflare.QueueRetryOptions | undefined) => number | undefined;
type Warn = (text: string) => void;
type GivenMessage = Pick<miniflare.Message, "id" | "timestamp" | "body" | "attempts">;

/** What a batch is made of. */
interface GivenBatch {
  queue: string;
  metadata: miniflare.MessageBatch["metadata"];
  messages: GivenMessage[];
}

/** Whether a message is acknowledged; otherwise the seconds until it is delivered again, null if they were not said. */
type Decision = true | number | null;

/**
 * Makes a batch of messages.
 * @param delayOf reads the delay of options
 * @param warn is called for calls without effect
 * @returns `{ batch, ledger }`
 */
function createBatch({ queue, metadata, messages }: GivenBatch, delayOf: DelayOf, warn: Warn) {
  const ledger = new Ledger(delayOf, warn);
  const list = messages.map((message) => new Message(message, ledger));
  return { batch: new MessageBatch(queue, list, metadata, ledger), ledger };
}

class Message implements miniflare.Message {
  id: string;
  timestamp: Date;
  body: unknown;
  attempts: number;
  #ledger: Ledger;

  constructor({ id, timestamp, body, attempts }: GivenMessage, ledger: Ledger) {
    this.id = id;
    this.timestamp = timestamp;
    this.body = body;
    this.attempts = attempts;
    this.#ledger = ledger;
  }

  ack() {
    this.#ledger.ack(this.id);
  }

  retry(options?: miniflare.QueueRetryOptions) {
    this.#ledger.retry(this.id, options);
  }
}

class MessageBatch implements miniflare.MessageBatch {
  queue: string;
  messages: Message[];
  metadata: GivenBatch["metadata"];
  #ledger: Ledger;

  constructor(queue: string, messages: Message[], metadata: GivenBatch["metadata"], ledger: Ledger) {
    this.queue = queue;
    this.messages = messages;
    this.metadata = metadata;
    this.#ledger = ledger;
  }

  ackAll() {
    this.#ledger.ackAll();
  }

  retryAll(options?: miniflare.QueueRetryOptions) {
    this.#ledger.retryAll(options);
  }
}

/** What a consumer has said of the messages of a batch. */
class Ledger {
  #delayOf: DelayOf;
  #warn: Warn;
  #acks = new Set<string>();
  /** Delays by ids; undefined where none was given. */
  #retries = new Map<string, number | undefined>();
  #acksAll = false;
  #retriesAll = false;
  #delay: number | undefined;

  constructor(delayOf: DelayOf, warn: Warn) {
    this.#delayOf = delayOf;
    this.#warn = warn;
  }

  ack(id: string) {
    if (this.#acksAll) return;
    if (this.#retriesAll) return this.#tooLate(id, "ack()", "retryAll()");
    if (this.#retries.has(id)) return this.#tooLate(id, "ack()", "retry()");
    this.#acks.add(id);
  }

  retry(id: string, options: miniflare.QueueRetryOptions | undefined) {
    const delay = this.#delayOf(options);
    if (this.#retriesAll) return;
    if (this.#acksAll) return this.#tooLate(id, "retry()", "ackAll()");
    if (this.#acks.has(id)) return this.#tooLate(id, "retry()", "ack()");
    this.#retries.set(id, delay ?? this.#retries.get(id));
  }

  ackAll() {
    if (this.#retriesAll) return this.#allTooLate("ackAll()", "retryAll()");
    this.#acksAll = true;
  }

  retryAll(options?: miniflare.QueueRetryOptions) {
    const delay = this.#delayOf(options);
    if (this.#acksAll) return this.#allTooLate("retryAll()", "ackAll()");
    this.#retriesAll = true;
    this.#delay = delay ?? this.#delay;
  }

  #tooLate(id: string, call: string, before: string) {
    this.#warn(
      `Received a call to ${call} on message ${id} after ${before} was already called. Calling ${call} on a message after calling ${before} has no effect.`,
    );
  }

  #allTooLate(call: string, before: string) {
    this.#warn(
      `Received a call to ${call} after ${before} was already called. Calling ${call} after calling ${before} has no effect.`,
    );
  }

  /**
   * What becomes of a message: true when it is acknowledged, otherwise the seconds until it is delivered again, null when
   * the consumer did not say these.
   * @param otherwise whether it is acknowledged if nothing was said of it
   */
  decisionOn(id: string, otherwise: boolean): Decision {
    if (this.#acks.has(id)) return true;
    if (this.#retries.has(id)) return this.#retries.get(id) ?? null;
    if (this.#acksAll) return true;
    if (this.#retriesAll) return this.#delay ?? null;
    return otherwise || null;
  }

  /** What was said, as Workers tells the caller of a `queue()` handler. */
  result(): miniflare.QueueResult {
    const delayed = (delaySeconds: number | undefined) => (delaySeconds === undefined ? {} : { delaySeconds });
    return {
      outcome: "ok",
      ackAll: this.#acksAll,
      retryBatch: { retry: this.#retriesAll, ...delayed(this.#delay) },
      explicitAcks: [...this.#acks],
      retryMessages: [...this.#retries].map(([msgId, delay]) => ({ msgId, ...delayed(delay) })),
    };
  }
}

export { createBatch };
export type { GivenBatch, GivenMessage, MessageBatch };
