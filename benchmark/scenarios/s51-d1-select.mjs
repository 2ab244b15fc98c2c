// A worker that selects ten rows of a D1 database.
import { withDatabase } from "../lib/d1.mjs";
import { ask } from "../lib/instance.mjs";
import { microsPerCall } from "../lib/timing.mjs";

const body = `const select = db.prepare("SELECT id, name, value FROM entries WHERE id >= ? ORDER BY id LIMIT 10");
  const { results } = await select.bind(50).all();
  return new Response(results.length + results[9].name);`;

export default {
  name: "s51-d1-select",
  unit: "µs",
  doc: "`dispatchFetch` to a worker that selects ten rows of a D1 database in memory",
  target: { share: 0.2 },
  run({ Miniflare }) {
    return withDatabase(Miniflare, body, (mf) =>
      microsPerCall(() => ask(mf, "10name 59"), { warmUp: 200, calls: 1500 }),
    );
  },
};
