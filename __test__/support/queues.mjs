// A worker that consumes queues as a test tells it to, for specs about what is delivered when.

import { create } from "./miniflare.mjs";

/**
 * Its handler passes each batch to the binding `handle(queue, messages)`, and does what that answers: nothing, "throw", the
 * name of a method of the batch, or `{ id: method }` of messages.
 */
export const CONSUMER = `
const shown = (body) => (body instanceof ArrayBuffer ? [...new Uint8Array(body)] : body);
export default {
  async queue(batch, env, ctx) {
    const messages = batch.messages.map(({ id, body, attempts }) => ({ id, body: shown(body), attempts }));
    const answer = await env.handle(batch.queue, messages);
    if (typeof answer === "string" && answer !== "throw") batch[answer]();
    if (typeof answer === "object" && answer !== null) {
      for (const message of batch.messages) {
        const [method, options] = [answer[message.id]].flat();
        if (method !== undefined) message[method](options);
      }
    }
    if (answer === "throw" || answer?.throws) throw new Error("the consumer failed");
  },
  fetch: () => new Response("a body"),
};`;

/** What a consumer has got. */
export class Inbox {
  /** The batches so far, as lists of bodies. */
  batches = [];
  /** The last messages, with ids and attempts. */
  messages = [];
  #answers = [];
  #waiting = [];

  /** Has the consumer do this with its next batches, one after the other, and then nothing. */
  answer(...answers) {
    this.#answers.push(...answers);
    return this;
  }

  handle = (queue, messages) => {
    this.queue = queue;
    this.messages = [...messages].map(({ ...message }) => message);
    this.batches.push(this.messages.map(({ body }) => body));
    for (const waits of [...this.#waiting]) waits();
    return this.#answers.shift();
  };

  /** Resolves when there have been so many batches. */
  count(count) {
    return this.#until(() => this.batches.length >= count);
  }

  /** Resolves when there have been so many messages, in whatever batches. */
  async countMessages(count) {
    return (await this.#until(() => this.batches.flat().length >= count)).flat();
  }

  async #until(isEnough) {
    while (!isEnough()) {
      await new Promise((resolve) => {
        const waits = () => {
          this.#waiting.splice(this.#waiting.indexOf(waits), 1);
          resolve();
        };
        this.#waiting.push(waits);
      });
    }
    return this.batches;
  }
}

/**
 * An instance with that worker, which consumes the queue "q" and is bound to it as `QUEUE`.
 * @param consumer options of the consumer
 * @returns `{ mf, inbox, queue }`, the queue as the worker's binding is in Node
 */
export async function consume(t, consumer = {}, options = {}) {
  const inbox = new Inbox();
  const { bindings, ...others } = options;
  const mf = create(t, {
    script: CONSUMER,
    queueBindings: [{ name: "QUEUE", queueName: "q" }],
    queueConsumers: [{ queueName: "q", ...consumer }],
    bindings: { handle: inbox.handle, ...bindings },
    ...others,
  });
  const { QUEUE: queue } = await mf.getBindings();
  return { mf, inbox, queue };
}
