// What a suite pays that makes an instance per test.
import { ask, HELLO, withInstance } from "../lib/instance.mjs";
import { millisPerCall } from "../lib/timing.mjs";

export default {
  name: "s2-instance",
  unit: "ms",
  doc: "`new Miniflare`, first response and `dispose` in a warm process",
  target: { share: 1.0 },
  run({ Miniflare }) {
    const lifetime = () => withInstance(Miniflare, { script: HELLO }, (mf) => ask(mf, "hello"));
    return millisPerCall(lifetime, { warmUp: 2, calls: 15 });
  },
};
