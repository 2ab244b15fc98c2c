// A handler that computes: the quality of the worker's V8 and of Web Crypto, rather than the way to them.
import { ask, withInstance } from "../lib/instance.mjs";
import { millisPerCall } from "../lib/timing.mjs";

// Runs in the worker, as source text, and once here, for the right answer.
async function compute() {
  const items = Array.from({ length: 20000 }, (_, i) => ({ i, key: `key${i % 100}`, root: Math.sqrt(i) }));
  const text = JSON.stringify(items);
  let hash = 0;
  for (const { i } of JSON.parse(text)) hash = (hash * 31 + i) | 0;
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  return `${hash}:${new Uint8Array(digest).join()}`;
}

const script = `
${compute}
export default { async fetch() { return new Response(await compute()); } };`;

export default {
  name: "s12-cpu",
  unit: "ms",
  doc: "`dispatchFetch` to a handler heavy in JSON and SHA-256",
  target: { share: 0.75 },
  async run({ Miniflare }) {
    const right = await compute();
    return withInstance(Miniflare, { script }, (mf) => millisPerCall(() => ask(mf, right), { warmUp: 5, calls: 30 }));
  },
};
