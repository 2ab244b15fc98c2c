// A worker that executes a batch of a hundred statements on a D1 database.
import { withDatabase } from "../lib/d1.mjs";
import { ask } from "../lib/instance.mjs";
import { microsPerCall } from "../lib/timing.mjs";

const body = `const insert = db.prepare("INSERT INTO entries (name, value) VALUES (?, ?)");
  const results = await db.batch(Array.from({ length: 100 }, (_, index) => insert.bind("name " + index, index)));
  return new Response(String(results.length));`;

export default {
  name: "s52-d1-batch",
  unit: "µs",
  doc: "`dispatchFetch` to a worker that executes a batch of 100 inserts on a D1 database in memory",
  target: { share: 0.3 },
  run({ Miniflare }) {
    return withDatabase(Miniflare, body, (mf) => microsPerCall(() => ask(mf, "100"), { warmUp: 20, calls: 200 }));
  },
};
