// A response that is a stream of the worker's own, read in Node: whole, and chunk by chunk.
import { withInstance } from "../lib/instance.mjs";
import { microsPerCall } from "../lib/timing.mjs";

const CHUNKS = 256;
const CHUNK = 4 << 10;
const script = `export default {
  fetch() {
    let sent = 0;
    return new Response(new ReadableStream({
      pull(controller) {
        if (sent++ < ${CHUNKS}) controller.enqueue(new Uint8Array(${CHUNK}).fill(sent));
        else controller.close();
      },
    }));
  },
};`;

async function read(mf) {
  const whole = await mf.dispatchFetch("http://localhost/");
  let length = (await whole.arrayBuffer()).byteLength;
  const chunked = await mf.dispatchFetch("http://localhost/");
  for await (const chunk of chunked.body) length += chunk.byteLength;
  if (length !== 2 * CHUNKS * CHUNK) throw new Error(`read ${length} bytes`);
}

export default {
  name: "s29-stream-read",
  unit: "µs",
  doc: `per chunk of ${CHUNK >> 10} KB: a response that is the worker's own stream, read in Node, whole and by chunks`,
  target: { share: 0.6 },
  run({ Miniflare }) {
    return withInstance(Miniflare, { script, compatibilityDate: "2022-11-30" }, async (mf) => {
      return (await microsPerCall(() => read(mf), { warmUp: 10, calls: 60 })) / (2 * CHUNKS);
    });
  },
};
