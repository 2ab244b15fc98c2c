// URLs parsed, read and changed in the worker, as routers do.
import { ask, withInstance } from "../lib/instance.mjs";
import { microsPerCall } from "../lib/timing.mjs";

const ROUNDS = 1000;
const script = `export default {
  fetch() {
    let length = 0;
    for (let round = 0; round < ${ROUNDS}; round++) {
      const url = new URL("https://example.com:8080/a/b/" + round + "?x=1&y=" + round + "#hash");
      length += url.pathname.length + url.searchParams.get("y").length;
      url.searchParams.set("z", "1");
      length += url.href.length;
    }
    return new Response(String(length));
  },
};`;
const RIGHT = (() => {
  let length = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const digits = String(round).length;
    length += "/a/b/".length + 2 * digits + "https://example.com:8080/a/b/?x=1&y=&z=1#hash".length + 2 * digits;
  }
  return String(length);
})();

export default {
  name: "s20-url",
  unit: "µs",
  doc: "a `URL` parsed, read and changed in the worker",
  target: { share: 0.8 },
  run({ Miniflare }) {
    return withInstance(Miniflare, { script }, async (mf) => {
      return (await microsPerCall(() => ask(mf, RIGHT), { warmUp: 20, calls: 60 })) / ROUNDS;
    });
  },
};
