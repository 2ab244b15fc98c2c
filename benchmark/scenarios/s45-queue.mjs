// A message on its way from `send` in a worker to the consumer of its queue, one after the other.
import { ask, withInstance } from "../lib/instance.mjs";
import { microsPerCall } from "../lib/timing.mjs";

const script = `export default {
  async fetch(request, env) {
    await env.QUEUE.send("message");
    return new Response("sent");
  },
  async queue(batch, env) {
    const [{ body }] = batch.messages;
    if (env.delivered) env.delivered(body);
    else await env.DELIVERED.fetch("http://delivered/" + body);
  },
};`;

/** The queue and what is told of a message, in the options of Miniflare 2 or of Miniflare 4, which binds no functions. */
function optionsFor({ Miniflare, Response }, delivered) {
  if ("getQueueProducer" in Miniflare.prototype) {
    return {
      queueProducers: { QUEUE: "q" },
      queueConsumers: { q: { maxBatchSize: 1, maxBatchTimeout: 0 } },
      serviceBindings: {
        DELIVERED() {
          delivered();
          return new Response("ok");
        },
      },
    };
  }
  return {
    queueBindings: [{ name: "QUEUE", queueName: "q" }],
    queueConsumers: [{ queueName: "q", maxBatchSize: 1, maxWaitMs: 0 }],
    bindings: { delivered },
  };
}

export default {
  name: "s45-queue",
  unit: "µs",
  doc: "a message from `send` in the worker to the consumer",
  target: { share: 0.3 },
  run(implementation) {
    let arrived;
    const options = { script, ...optionsFor(implementation, () => arrived()) };
    return withInstance(implementation.Miniflare, options, async (mf) => {
      const sendOne = async () => {
        const arrives = new Promise((resolve) => (arrived = resolve));
        await ask(mf, "sent");
        await arrives;
      };
      return microsPerCall(sendOne, { warmUp: 100, calls: 1000 });
    });
  },
};
