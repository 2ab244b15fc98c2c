// A test that asks a Durable Object for a row of its database.
import { expect, URL_OF_WORKER, withInstance } from "../lib/instance.mjs";
import { leftOut, TABLE } from "../lib/sql.mjs";
import { microsPerCall } from "../lib/timing.mjs";

export default {
  name: "s54-sql-outside",
  leftOut,
  unit: "µs",
  doc: "`stub.fetch` from outside the worker of a Durable Object that selects a row of its database",
  target: { share: 0.05, of: "m4" },
  run: ({ Miniflare }) =>
    withInstance(Miniflare, TABLE, async (mf) => {
      const namespace = await mf.getDurableObjectNamespace("TABLE");
      const stub = namespace.get(namespace.idFromName("a"));
      const call = async () => expect(await (await stub.fetch(`${URL_OF_WORKER}count`)).text(), "0");
      return microsPerCall(call, { warmUp: 100, calls: 1000 });
    }),
};
