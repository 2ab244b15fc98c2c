// The same with the durability of a database that survives a loss of power.
import { ask, URL_OF_WORKER } from "../lib/instance.mjs";
import { leftOut, withTable } from "../lib/sql.mjs";
import { microsPerCall } from "../lib/timing.mjs";

export default {
  name: "s57-sql-persist-sync",
  leftOut,
  unit: "µs",
  doc: 's56 with `durability: "sync"`, which waits for the disk',
  target: { share: 1, of: "m4" },
  run({ Miniflare }) {
    const insert = (mf) =>
      microsPerCall(() => ask(mf, "inserted", `${URL_OF_WORKER}insert`), { warmUp: 50, calls: 500 });
    return withTable(Miniflare, insert, { durability: "sync" });
  },
};
