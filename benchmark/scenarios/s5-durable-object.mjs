// A Durable Object behind a worker, storage in memory: the stub, the gates, a read and a write.
import { COUNTER } from "../lib/counter.mjs";
import { ask, withInstance } from "../lib/instance.mjs";
import { microsPerCall } from "../lib/timing.mjs";

export default {
  name: "s5-durable-object",
  unit: "µs",
  doc: "`dispatchFetch` to a Durable Object that gets and puts (memory)",
  target: { share: 0.2 },
  run({ Miniflare }) {
    return withInstance(Miniflare, COUNTER, (mf) => {
      let count = 0;
      return microsPerCall(() => ask(mf, String(++count)), { warmUp: 200, calls: 1500 });
    });
  },
};
