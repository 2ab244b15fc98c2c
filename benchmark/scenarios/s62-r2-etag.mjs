// As s61, with the object's etag, the MD5 of 10 MB.
import { ask, withInstance } from "../lib/instance.mjs";
import { microsPerCall } from "../lib/timing.mjs";

const BYTES = 10 * 1024 * 1024;
const script = `const value = new Uint8Array(${BYTES}).fill(120);
export default {
  async fetch(request, env) {
    await env.BUCKET.put("key", value);
    const object = await env.BUCKET.get("key");
    return new Response(object.etag.length + " " + (await object.arrayBuffer()).byteLength);
  },
};`;

export default {
  name: "s62-r2-etag",
  unit: "ms",
  doc: "`dispatchFetch` to a worker that puts and gets an R2 object of 10 MB and reads its etag",
  run({ Miniflare }) {
    return withInstance(Miniflare, { script, r2Buckets: ["BUCKET"] }, async (mf) => {
      return (await microsPerCall(() => ask(mf, `32 ${BYTES}`), { warmUp: 3, calls: 20 })) / 1000;
    });
  },
};
