// Whether a request costs more when many Durable Objects live.
import { leftOut, OBJECTS, openObjects } from "../lib/objects.mjs";
import { microsPerCall } from "../lib/timing.mjs";

export default {
  name: "s17-objects-live",
  unit: "µs",
  doc: `request to one of ${OBJECTS} Durable Objects that live, from outside the worker`,
  leftOut,
  target: { share: 0.25 },
  async run({ Miniflare }) {
    const { mf, fetch } = await openObjects(Miniflare);
    for (let index = 0; index < OBJECTS; index++) await fetch(index);
    let index = 0;
    const micros = await microsPerCall(() => fetch((index++ * 7919) % OBJECTS), { warmUp: 100, calls: 2000 });
    await mf.dispose();
    return micros;
  },
};
