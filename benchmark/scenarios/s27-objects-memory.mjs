// What a Durable Object that lives adds to the memory of the process and its children.
import { megabytesInUse } from "../lib/memory.mjs";
import { leftOut, OBJECTS, openObjects } from "../lib/objects.mjs";

export default {
  name: "s27-objects-memory",
  unit: "KB",
  doc: `memory added per live Durable Object, ${OBJECTS} of them, each with one value stored`,
  leftOut,
  async run({ Miniflare }) {
    const { mf, fetch } = await openObjects(Miniflare);
    await fetch(0);
    const before = megabytesInUse();
    for (let index = 1; index <= OBJECTS; index++) await fetch(index);
    const added = megabytesInUse() - before;
    await mf.dispose();
    return (added * 1024) / OBJECTS;
  },
};
