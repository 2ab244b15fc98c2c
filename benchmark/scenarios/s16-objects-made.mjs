// What it costs to bring a Durable Object to life: ten thousand of them, each by its first request.
import { leftOut, OBJECTS, openObjects } from "../lib/objects.mjs";

export default {
  name: "s16-objects-made",
  unit: "µs",
  doc: `first request to each of ${OBJECTS} Durable Objects, from outside the worker`,
  leftOut,
  target: { share: 0.25 },
  async run({ Miniflare }) {
    const { mf, fetch } = await openObjects(Miniflare);
    const start = process.hrtime.bigint();
    for (let index = 0; index < OBJECTS; index++) await fetch(index);
    const micros = Number(process.hrtime.bigint() - start) / 1000;
    await mf.dispose();
    return micros / OBJECTS;
  },
};
