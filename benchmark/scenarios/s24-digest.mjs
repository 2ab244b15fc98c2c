// Digests of small messages: the way into Web Crypto and back, rather than the hash itself.
import { ask, withInstance } from "../lib/instance.mjs";
import { microsPerCall } from "../lib/timing.mjs";

const ROUNDS = 500;
const script = `export default {
  async fetch() {
    const bytes = new TextEncoder().encode("message ".repeat(32));
    let sum = 0;
    for (let round = 0; round < ${ROUNDS}; round++) {
      sum += new Uint8Array(await crypto.subtle.digest("SHA-256", bytes))[0];
    }
    return new Response(String(sum % 1 === 0));
  },
};`;

export default {
  name: "s24-digest",
  unit: "µs",
  doc: "`crypto.subtle.digest` of 256 bytes in the worker",
  target: { share: 1 },
  run({ Miniflare }) {
    return withInstance(Miniflare, { script }, async (mf) => {
      return (await microsPerCall(() => ask(mf, "true"), { warmUp: 3, calls: 20 })) / ROUNDS;
    });
  },
};
