// A worker that writes to and reads from the cache.
import { ask, withInstance } from "../lib/instance.mjs";
import { microsPerCall } from "../lib/timing.mjs";

const script = `export default {
  async fetch() {
    const headers = { "Cache-Control": "max-age=3600" };
    await caches.default.put("http://localhost/a", new Response("b", { headers }));
    return caches.default.match("http://localhost/a");
  },
};`;

export default {
  name: "s22-cache-inside",
  unit: "µs",
  doc: "`dispatchFetch` to a worker that puts into the cache and answers what matches",
  target: { share: 1.0 },
  run({ Miniflare }) {
    return withInstance(Miniflare, { script }, (mf) => microsPerCall(() => ask(mf, "b"), { warmUp: 200, calls: 1500 }));
  },
};
