// Large bodies: what their way into the worker and back costs in copies.
import { expect, URL_OF_WORKER, withInstance } from "../lib/instance.mjs";
import { millisPerCall } from "../lib/timing.mjs";

const LENGTH = 10 << 20;
const FILL = 7;
const script = `export default {
  async fetch(request) {
    return new Response(await request.arrayBuffer());
  },
};`;

export default {
  name: "s10-echo",
  unit: "ms",
  doc: "10 MB request body echoed back",
  target: { share: 0.4 },
  run({ Miniflare }) {
    const body = new Uint8Array(LENGTH).fill(FILL);
    return withInstance(Miniflare, { script }, (mf) => {
      const echo = async () => {
        const response = await mf.dispatchFetch(URL_OF_WORKER, { method: "POST", body });
        const bytes = new Uint8Array(await response.arrayBuffer());
        expect(bytes.length, LENGTH);
        expect(bytes.at(-1), FILL);
      };
      return millisPerCall(echo, { warmUp: 2, calls: 8 });
    });
  },
};
