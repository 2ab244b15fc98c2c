// Throughput: the fixed cost of a dispatch when many share the turns of the event loop.
import { ask, HELLO, withInstance } from "../lib/instance.mjs";
import { microsPerCall } from "../lib/timing.mjs";

const IN_FLIGHT = 64;

export default {
  name: "s4-concurrent",
  unit: "µs",
  doc: `per request, ${IN_FLIGHT} \`dispatchFetch\` in flight`,
  target: { share: 0.35 },
  run({ Miniflare }) {
    return withInstance(Miniflare, { script: HELLO }, async (mf) => {
      const batch = () => Promise.all(Array.from({ length: IN_FLIGHT }, () => ask(mf, "hello")));
      return (await microsPerCall(batch, { warmUp: 5, calls: 40 })) / IN_FLIGHT;
    });
  },
};
