// As s60, with a value of 10 MB: the copies. Its MD5, which is its etag, is computed only when it is read: see s62.
import { ask, withInstance } from "../lib/instance.mjs";
import { microsPerCall } from "../lib/timing.mjs";

const BYTES = 10 * 1024 * 1024;
const script = `const value = new Uint8Array(${BYTES}).fill(120);
export default {
  async fetch(request, env) {
    await env.BUCKET.put("key", value);
    const object = await env.BUCKET.get("key");
    return new Response(String((await object.arrayBuffer()).byteLength));
  },
};`;

export default {
  name: "s61-r2-long",
  unit: "ms",
  doc: "`dispatchFetch` to a worker that puts and gets an R2 object of 10 MB",
  target: { share: 0.3 },
  run({ Miniflare }) {
    return withInstance(Miniflare, { script, r2Buckets: ["BUCKET"] }, async (mf) => {
      return (await microsPerCall(() => ask(mf, String(BYTES)), { warmUp: 3, calls: 20 })) / 1000;
    });
  },
};
