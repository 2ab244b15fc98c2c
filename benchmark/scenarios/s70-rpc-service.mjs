// A worker that calls a method of another worker.
import { leftOut, microsPerRpc, withCallers } from "../lib/rpc.mjs";

export default {
  name: "s70-rpc-service",
  leftOut,
  unit: "µs",
  doc: "a call by RPC of another worker, from the worker",
  target: { share: 0.05, of: "m4" },
  run({ Miniflare }) {
    return withCallers(Miniflare, (mf) => microsPerRpc(mf, "service"));
  },
};
