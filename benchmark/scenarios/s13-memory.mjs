// What a further live instance adds to the memory of the process and its children.
import { ask, HELLO, open } from "../lib/instance.mjs";
import { megabytesInUse } from "../lib/memory.mjs";

const INSTANCES = 20;

async function openAndAsk(Miniflare) {
  const mf = open(Miniflare, { script: HELLO });
  await ask(mf, "hello");
  return mf;
}

export default {
  name: "s13-memory",
  unit: "MB",
  doc: `memory added per live instance, ${INSTANCES} instances after the first`,
  target: { value: 4 },
  async run({ Miniflare }) {
    const instances = [await openAndAsk(Miniflare)];
    const before = megabytesInUse();
    for (let i = 0; i < INSTANCES; i++) instances.push(await openAndAsk(Miniflare));
    const added = megabytesInUse() - before;
    await Promise.all(instances.map((mf) => mf.dispose()));
    return added / INSTANCES;
  },
};
