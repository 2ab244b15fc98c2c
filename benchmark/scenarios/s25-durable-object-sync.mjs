// s6 with a response that waits until the disk has all writes. The peers have no such option, and do as in s6.
import { FILLED_KEYS, fillPersisted } from "../lib/counter.mjs";

export default {
  name: "s25-durable-object-sync",
  unit: "µs",
  doc: `s6 with \`durability: "sync"\`, per put of ${FILLED_KEYS}: the disk is waited for, once`,
  run: ({ Miniflare }) => fillPersisted(Miniflare, { durability: "sync" }),
};
