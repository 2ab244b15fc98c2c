// What a consumer gets: a batch of messages, which it acknowledges or has delivered again.
//
// Of several calls for a message the first one counts. A later one that says the contrary has no effect, and a warning says
// so. What a handler has acknowledged by then stays so when the handler fails.
(() => {
  "use strict";

  /**
   * Makes a batch of messages.
   * @param delayOf reads the delay of options
   * @param warn is told of calls without effect
   * @param given `{ queue, metadata, messages }`, the messages as `Message` takes them
   * @returns `{ batch, ledger }`
   */
  function createBatch({ queue, metadata, messages }, delayOf, warn) {
    const ledger = new Ledger(delayOf, warn);
    const list = messages.map((message) => new Message(message, ledger));
    return { batch: new MessageBatch(queue, list, metadata, ledger), ledger };
  }

  class Message {
    id;
    timestamp;
    body;
    attempts;
    #ledger;

    constructor({ id, timestamp, body, attempts }, ledger) {
      this.id = id;
      this.timestamp = timestamp;
      this.body = body;
      this.attempts = attempts;
      this.#ledger = ledger;
    }

    ack() {
      this.#ledger.ack(this.id);
    }

    retry(options) {
      this.#ledger.retry(this.id, options);
    }
  }

  class MessageBatch {
    queue;
    messages;
    metadata;
    #ledger;

    constructor(queue, messages, metadata, ledger) {
      this.queue = queue;
      this.messages = messages;
      this.metadata = metadata;
      this.#ledger = ledger;
    }

    ackAll() {
      this.#ledger.ackAll();
    }

    retryAll(options) {
      this.#ledger.retryAll(options);
    }
  }

  /** What a consumer has said of the messages of a batch. */
  class Ledger {
    #delayOf;
    #warn;
    #acks = new Set();
    /** Delays by ids; undefined where none was given. */
    #retries = new Map();
    #acksAll = false;
    #retriesAll = false;
    #delay;

    constructor(delayOf, warn) {
      this.#delayOf = delayOf;
      this.#warn = warn;
    }

    ack(id) {
      if (this.#acksAll) return;
      if (this.#retriesAll) return this.#tooLate(id, "ack()", "retryAll()");
      if (this.#retries.has(id)) return this.#tooLate(id, "ack()", "retry()");
      this.#acks.add(id);
    }

    retry(id, options) {
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

    retryAll(options) {
      const delay = this.#delayOf(options);
      if (this.#acksAll) return this.#allTooLate("retryAll()", "ackAll()");
      this.#retriesAll = true;
      this.#delay = delay ?? this.#delay;
    }

    #tooLate(id, call, before) {
      this.#warn(
        `Received a call to ${call} on message ${id} after ${before} was already called. Calling ${call} on a message after calling ${before} has no effect.`,
      );
    }

    #allTooLate(call, before) {
      this.#warn(
        `Received a call to ${call} after ${before} was already called. Calling ${call} after calling ${before} has no effect.`,
      );
    }

    /**
     * What becomes of a message: true when it is acknowledged, otherwise the seconds until it is delivered again, null when
     * the consumer did not say these.
     * @param otherwise whether it is acknowledged if nothing was said of it
     */
    decisionOn(id, otherwise) {
      if (this.#acks.has(id)) return true;
      if (this.#retries.has(id)) return this.#retries.get(id) ?? null;
      if (this.#acksAll) return true;
      if (this.#retriesAll) return this.#delay ?? null;
      return otherwise || null;
    }

    /** What was said, as Workers tells the caller of a `queue()` handler. */
    result() {
      const delayed = (delaySeconds) => (delaySeconds === undefined ? {} : { delaySeconds });
      return {
        outcome: "ok",
        ackAll: this.#acksAll,
        retryBatch: { retry: this.#retriesAll, ...delayed(this.#delay) },
        explicitAcks: [...this.#acks],
        retryMessages: [...this.#retries].map(([msgId, delay]) => ({ msgId, ...delayed(delay) })),
      };
    }
  }

  const exported = { createBatch };
  if (typeof module === "object") module.exports = exported;
  return exported;
})();
