// 10 MB of UTF-8 decoded in the worker, half of it beyond ASCII.
import { ask, withInstance } from "../lib/instance.mjs";
import { millisPerCall } from "../lib/timing.mjs";

const MEGABYTES = 10;
const script = `
const text = ("plain ascii text ".repeat(32) + "héllo wörld ☃ ".repeat(32)).repeat(${MEGABYTES} * 1050);
const bytes = new TextEncoder().encode(text).subarray(0, ${MEGABYTES} << 20);
export default {
  fetch() {
    return new Response(String(new TextDecoder().decode(bytes).length));
  },
};`;
const text = ("plain ascii text ".repeat(32) + "héllo wörld ☃ ".repeat(32)).repeat(MEGABYTES * 1050);
const RIGHT = String(new TextDecoder().decode(new TextEncoder().encode(text).subarray(0, MEGABYTES << 20)).length);

export default {
  name: "s19-text-decoder",
  unit: "ms",
  doc: "`TextDecoder` on 10 MB of mixed text in the worker",
  target: { share: 1 },
  run({ Miniflare }) {
    return withInstance(Miniflare, { script }, (mf) => millisPerCall(() => ask(mf, RIGHT), { warmUp: 2, calls: 20 }));
  },
};
