// Statements of a Durable Object's database within one request: what each costs by itself.
import { ask, URL_OF_WORKER, withInstance } from "../lib/instance.mjs";
import { leftOut, TABLE } from "../lib/sql.mjs";
import { microsPerCall } from "../lib/timing.mjs";

const COUNT = 2000;
const SUM = String((COUNT * (COUNT - 1)) / 4);

export default {
  name: "s53-sql-inside",
  leftOut,
  unit: "µs",
  doc: `per row: a Durable Object inserts and selects ${COUNT} rows of its database, one by one, within one request`,
  target: { share: 0.8, of: "m4" },
  run: ({ Miniflare }) =>
    withInstance(Miniflare, TABLE, async (mf) => {
      const request = () => ask(mf, SUM, `${URL_OF_WORKER}rows?count=${COUNT}`);
      return (await microsPerCall(request, { warmUp: 3, calls: 10 })) / COUNT;
    }),
};
