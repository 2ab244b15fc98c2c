// Writes of a Durable Object that must reach the operating system, each awaited by the object before the next.
import { FILLED_KEYS, fillPersisted } from "../lib/counter.mjs";

export default {
  name: "s6-durable-object-persist",
  unit: "µs",
  doc: `per put: a Durable Object puts ${FILLED_KEYS} keys one by one, persisted to disk`,
  target: { share: 0.03 },
  run: ({ Miniflare }) => fillPersisted(Miniflare),
};
