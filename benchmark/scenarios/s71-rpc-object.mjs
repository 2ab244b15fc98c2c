// A worker that calls a method of a Durable Object.
import { leftOut, microsPerRpc, withCallers } from "../lib/rpc.mjs";

export default {
  name: "s71-rpc-object",
  leftOut,
  unit: "µs",
  doc: "a call by RPC of a Durable Object, from the worker",
  target: { share: 0.05, of: "m4" },
  run({ Miniflare }) {
    return withCallers(Miniflare, (mf) => microsPerRpc(mf, "object"));
  },
};
