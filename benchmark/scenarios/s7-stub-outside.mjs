// A test that talks to a Durable Object directly, without a worker in front of it.
import { COUNTER } from "../lib/counter.mjs";
import { expect, URL_OF_WORKER, withInstance } from "../lib/instance.mjs";
import { microsPerCall } from "../lib/timing.mjs";

export default {
  name: "s7-stub-outside",
  unit: "µs",
  doc: "`stub.fetch` of a Durable Object from outside the worker",
  target: { share: 0.25 },
  run({ Miniflare }) {
    return withInstance(Miniflare, COUNTER, async (mf) => {
      const namespace = await mf.getDurableObjectNamespace("COUNTER");
      const stub = namespace.get(namespace.idFromName("a"));
      let count = 0;
      const call = async () => expect(await (await stub.fetch(URL_OF_WORKER)).text(), String(++count));
      return microsPerCall(call, { warmUp: 100, calls: 1000 });
    });
  },
};
