// 100 MB piped in the worker, from a source through two transforms into a sink: what a chunk costs on its way.
import { ask, withInstance } from "../lib/instance.mjs";
import { millisPerCall } from "../lib/timing.mjs";

const CHUNK = 64 << 10;
const CHUNKS = 1600;
const script = `export default {
  async fetch() {
    const chunk = new Uint8Array(${CHUNK});
    let sent = 0;
    const source = new ReadableStream({
      pull(controller) {
        if (sent++ < ${CHUNKS}) controller.enqueue(chunk);
        else controller.close();
      },
    });
    const pass = () => new TransformStream({ transform: (one, controller) => controller.enqueue(one) });
    let received = 0;
    const sink = new WritableStream({ write: (one) => void (received += one.byteLength) });
    await source.pipeThrough(pass()).pipeThrough(pass()).pipeTo(sink);
    return new Response(String(received));
  },
};`;

export default {
  name: "s18-streams",
  unit: "ms",
  doc: "100 MB in 64 KB chunks, piped through two transforms in the worker",
  target: { share: 1 },
  run({ Miniflare }) {
    const options = { script, compatibilityDate: "2022-11-30" };
    return withInstance(Miniflare, options, (mf) => {
      return millisPerCall(() => ask(mf, String(CHUNK * CHUNKS)), { warmUp: 2, calls: 10 });
    });
  },
};
