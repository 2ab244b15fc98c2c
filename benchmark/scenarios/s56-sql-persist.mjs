// A row that a Durable Object inserts into its database in a folder, one request each.
import { ask, URL_OF_WORKER } from "../lib/instance.mjs";
import { leftOut, withTable } from "../lib/sql.mjs";
import { microsPerCall } from "../lib/timing.mjs";

export default {
  name: "s56-sql-persist",
  leftOut,
  unit: "µs",
  doc: "`dispatchFetch` to a Durable Object that inserts a row into its database in a folder",
  target: { share: 1, of: "m4" },
  run({ Miniflare }) {
    const insert = (mf) =>
      microsPerCall(() => ask(mf, "inserted", `${URL_OF_WORKER}insert`), { warmUp: 50, calls: 500 });
    return withTable(Miniflare, insert, { durability: "os" });
  },
};
