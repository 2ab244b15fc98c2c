// A process that sends messages to a queue and consumes them until it is killed, and prints `["sent", number]` when one was
// accepted, and `["got", number]` when it was delivered. Its argument is `{ data, first }`: the folder, and the first number.

import { writeSync } from "node:fs";
import { Miniflare } from "./miniflare.mjs";

const tell = (what, number) => writeSync(1, `${JSON.stringify([what, number])}\n`);
const { data, first } = JSON.parse(process.argv.at(-1));

const script = `export default {
  async fetch(request, env) {
    await env.QUEUE.send(Number(new URL(request.url).searchParams.get("number")));
    return new Response("sent");
  },
  queue(batch, env) {
    for (const message of batch.messages) {
      if (message.body % 5 === 0 && message.attempts === 1) message.retry();
      else env.got(message.body);
    }
  },
};`;

const mf = new Miniflare({
  script,
  modules: true,
  queuesPersist: data,
  queueBindings: [{ name: "QUEUE", queueName: "q" }],
  queueConsumers: [{ queueName: "q", maxBatchSize: 3, maxWaitMs: 1 }],
  bindings: { got: (number) => tell("got", number) },
});
const queue = await mf.getQueue("q");
for (let number = first; ; number += 2) {
  await mf.dispatchFetch(`http://localhost/?number=${number}`);
  tell("sent", number);
  await queue.send(number + 1);
  tell("sent", number + 1);
}
