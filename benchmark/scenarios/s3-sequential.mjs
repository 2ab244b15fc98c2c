// The fixed cost of a dispatch: the worker does next to nothing.
import { ask, HELLO, withInstance } from "../lib/instance.mjs";
import { microsPerCall } from "../lib/timing.mjs";

export default {
  name: "s3-sequential",
  unit: "µs",
  doc: "`dispatchFetch` one after the other, text body",
  target: { share: 0.35 },
  run({ Miniflare }) {
    return withInstance(Miniflare, { script: HELLO }, (mf) =>
      microsPerCall(() => ask(mf, "hello"), { warmUp: 500, calls: 3000 }),
    );
  },
};
