// A message on its way from `send` in a worker to the consumer of its queue, one after the other.
import { ask, withInstance } from "../lib/instance.mjs";
import { microsPerCall } from "../lib/timing.mjs";

const script = `export default {
  async fetch(request, env) {
    await env.QUEUE.send("message");
    return new Response("sent");
  },
  async queue(batch, env) {
    await env.DELIVERED.fetch("http://delivered/" + batch.messages[0].body);
  },
};`;

/** The queue, in the options of Miniflare 2 or of Miniflare 4. */
function queues(Miniflare) {
  if ("getQueueProducer" in Miniflare.prototype) {
    return { queueProducers: { QUEUE: "q" }, queueConsumers: { q: { maxBatchSize: 1, maxBatchTimeout: 0 } } };
  }
  return {
    queueBindings: [{ name: "QUEUE", queueName: "q" }],
    queueConsumers: [{ queueName: "q", maxBatchSize: 1, maxWaitMs: 0 }],
  };
}

export default {
  name: "s45-queue",
  unit: "µs",
  doc: "a message from `send` in the worker to the consumer",
  target: { share: 0.3 },
  run({ Miniflare, Response = globalThis.Response }) {
    let delivered;
    const DELIVERED = () => {
      delivered();
      return new Response("ok");
    };
    const options = { script, serviceBindings: { DELIVERED }, ...queues(Miniflare) };
    return withInstance(Miniflare, options, async (mf) => {
      const sendOne = async () => {
        const arrives = new Promise((resolve) => (delivered = resolve));
        await ask(mf, "sent");
        await arrives;
      };
      return microsPerCall(sendOne, { warmUp: 100, calls: 1000 });
    });
  },
};
