// A worker that inserts a row into a D1 database.
import { withDatabase } from "../lib/d1.mjs";
import { ask } from "../lib/instance.mjs";
import { microsPerCall } from "../lib/timing.mjs";

const body = `const insert = db.prepare("INSERT INTO entries (name, value) VALUES (?, ?)");
  const { success } = await insert.bind("name", Math.random()).run();
  return new Response(String(success));`;

export default {
  name: "s50-d1-insert",
  unit: "µs",
  doc: "`dispatchFetch` to a worker that inserts a row into a D1 database in memory",
  target: { share: 0.2 },
  run({ Miniflare }) {
    return withDatabase(Miniflare, body, (mf) => microsPerCall(() => ask(mf, "true"), { warmUp: 200, calls: 1500 }));
  },
};
