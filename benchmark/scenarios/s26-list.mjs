// Everything that an object with many keys has stored, in memory.
import { COUNTER } from "../lib/counter.mjs";
import { ask, URL_OF_WORKER, withInstance } from "../lib/instance.mjs";
import { microsPerCall } from "../lib/timing.mjs";

const KEYS = 100_000;

async function list(mf) {
  await ask(mf, String(KEYS), `${URL_OF_WORKER}fill?keys=${KEYS}`);
  const request = () => ask(mf, String(KEYS), `${URL_OF_WORKER}list`);
  return (await microsPerCall(request, { warmUp: 0, calls: 3 })) / KEYS;
}

export default {
  name: "s26-list",
  unit: "µs",
  doc: `per key: \`list\` of the ${KEYS} keys of a Durable Object`,
  run: ({ Miniflare }) => withInstance(Miniflare, COUNTER, list),
};
