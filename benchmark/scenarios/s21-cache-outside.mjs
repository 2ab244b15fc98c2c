// A test that prepares and inspects the cache from outside.
import { expect, HELLO, withInstance } from "../lib/instance.mjs";
import { microsPerCall } from "../lib/timing.mjs";

const URLS = 100;
const headers = { "Cache-Control": "max-age=3600" };

export default {
  name: "s21-cache-outside",
  unit: "µs",
  doc: "Cache put and match through `getCaches`",
  target: { share: 1.0 },
  run({ Miniflare }) {
    return withInstance(Miniflare, { script: HELLO }, async (mf) => {
      const cache = (await mf.getCaches()).default;
      const putAndMatch = async (i) => {
        const url = `http://localhost/${i % URLS}`;
        await cache.put(url, new Response(`value ${i}`, { headers }));
        expect(await (await cache.match(url)).text(), `value ${i}`);
      };
      return microsPerCall(putAndMatch, { warmUp: 100, calls: 1000 });
    });
  },
};
