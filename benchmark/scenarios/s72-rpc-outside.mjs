// A test that calls a method of a Durable Object.
import { expect } from "../lib/instance.mjs";
import { leftOut, withCallers } from "../lib/rpc.mjs";
import { microsPerCall } from "../lib/timing.mjs";

export default {
  name: "s72-rpc-outside",
  leftOut,
  unit: "µs",
  doc: "a call by RPC of a Durable Object from outside the worker",
  target: { share: 0.05, of: "m4" },
  run({ Miniflare }) {
    return withCallers(Miniflare, async (mf) => {
      const namespace = await mf.getDurableObjectNamespace("ADDER");
      const stub = namespace.get(namespace.idFromName("a"));
      const call = async () => expect(await stub.add(1, 2), 3);
      return microsPerCall(call, { warmUp: 2000, calls: 5000 });
    });
  },
};
