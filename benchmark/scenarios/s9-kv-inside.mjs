// A worker that writes to and reads from KV.
import { ask, withInstance } from "../lib/instance.mjs";
import { microsPerCall } from "../lib/timing.mjs";

const script = `export default {
  async fetch(request, env) {
    await env.KV.put("a", "b");
    return new Response(await env.KV.get("a"));
  },
};`;

export default {
  name: "s9-kv-inside",
  unit: "µs",
  doc: "`dispatchFetch` to a worker that puts and gets in KV",
  target: { share: 0.35 },
  run({ Miniflare }) {
    return withInstance(Miniflare, { script, kvNamespaces: ["KV"] }, (mf) =>
      microsPerCall(() => ask(mf, "b"), { warmUp: 200, calls: 1500 }),
    );
  },
};
