// What one test file pays before its first answer: Node's start, the package's load, an instance, a dispatch.
import { ask, HELLO, withInstance } from "../lib/instance.mjs";

export default {
  name: "s1-cold-process",
  unit: "ms",
  doc: "whole process: start Node, `new Miniflare`, first `dispatchFetch`, `dispose`",
  target: { share: 0.4 },
  wholeProcess: true,
  async run({ Miniflare }) {
    await withInstance(Miniflare, { script: HELLO }, (mf) => ask(mf, "hello"));
  },
};
