// A test that prepares and inspects a KV namespace from outside.
import { expect, HELLO, withInstance } from "../lib/instance.mjs";
import { microsPerCall } from "../lib/timing.mjs";

const KEYS = 100;

export default {
  name: "s8-kv-outside",
  unit: "µs",
  doc: "KV put and get through `getKVNamespace`",
  target: { share: 0.7 },
  run({ Miniflare }) {
    return withInstance(Miniflare, { script: HELLO, kvNamespaces: ["KV"] }, async (mf) => {
      const kv = await mf.getKVNamespace("KV");
      const putAndGet = async (i) => {
        const key = `k${i % KEYS}`;
        await kv.put(key, `value ${i}`);
        expect(await kv.get(key), `value ${i}`);
      };
      return microsPerCall(putAndGet, { warmUp: 100, calls: 1000 });
    });
  },
};
