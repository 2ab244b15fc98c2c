// A worker that writes to and reads from an R2 bucket: a value that is mostly its metadata.
import { ask, withInstance } from "../lib/instance.mjs";
import { microsPerCall } from "../lib/timing.mjs";

const script = `const value = "x".repeat(1024);
export default {
  async fetch(request, env) {
    await env.BUCKET.put("key", value);
    const object = await env.BUCKET.get("key");
    return new Response(String((await object.text()) === value));
  },
};`;

export default {
  name: "s60-r2-short",
  unit: "µs",
  doc: "`dispatchFetch` to a worker that puts and gets an R2 object of 1 KB",
  target: { share: 0.3 },
  run({ Miniflare }) {
    return withInstance(Miniflare, { script, r2Buckets: ["BUCKET"] }, (mf) =>
      microsPerCall(() => ask(mf, "true"), { warmUp: 200, calls: 1500 }),
    );
  },
};
