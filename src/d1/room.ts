// The D1 databases of this worker, over the ops of its instance.

import { op_d1_dump, op_d1_run } from "ext:core/ops";
import { advance, countInternalSubrequest, countOperation, depart } from "ext:miniflare/realm/context.ts";
import { USAGE } from "ext:miniflare/d1/usage.ts";
import { later } from "ext:miniflare/realm/waits.ts";
import { load, onLoad } from "ext:miniflare/realm/lazy.ts";
import { refuseClones } from "ext:miniflare/web/clone.ts";
import type { WireValue } from "../wire.ts";
import type { D1Backend, D1Database } from "./d1-database.ts";
import type { Outcome } from "./dialects.ts";

declare module "../upstream.d.ts" {
  interface LazyScripts {
    "ext:miniflare/d1/d1-database.ts": typeof import("./d1-database.ts");
  }
}

/** The places of the numbers that are counted. */
const [QUERIES, ROWS_READ, ROWS_WRITTEN] = USAGE.counts.keys();

/** The script with the classes. */
const CLASSES = "ext:miniflare/d1/d1-database.ts";

onLoad(CLASSES, ({ D1Database, D1DatabaseSession, D1PreparedStatement }) =>
  refuseClones([D1Database, D1DatabaseSession, D1PreparedStatement]),
);

/** As in Miniflare 2, databases can be used outside of requests: tests fill the bindings of a worker from there. */
const context = { begin: countInternalSubrequest, depart, advance };

/** Miniflare 2 takes no note of what the beta does. */
const betaContext = { begin() {}, depart() {}, advance() {} };

/** What the database of a binding is over. Rows are counted when they have arrived. */
function backendOf(binding: string, isBeta: boolean): D1Backend {
  const counted = (answer: WireValue) => {
    if (!Array.isArray(answer) || answer[0] === null) return;
    for (const [, changes, , , , rowsRead] of answer as Outcome[]) {
      countOperation(USAGE, binding, ROWS_READ, rowsRead);
      countOperation(USAGE, binding, ROWS_WRITTEN, changes);
    }
  };
  return {
    ...(isBeta ? betaContext : context),
    run(name, queries) {
      countOperation(USAGE, binding, QUERIES, (queries.length - 1) / 2);
      const answer = op_d1_run(name, queries);
      counted(answer);
      return answer;
    },
    dump: op_d1_dump,
    later(number) {
      const answer = later(number);
      answer.then(counted, () => {});
      return answer;
    },
  };
}

export const room = {
  name: "d1",
  empty: { d1Databases: [] },
  bind: ({ d1Databases }: { d1Databases: [binding: string, name: string, isBeta: boolean][] }) =>
    d1Databases.map(([binding, name, isBeta]): [string, D1Database] => {
      const { D1Database } = load(CLASSES);
      return [binding, new D1Database(name, backendOf(binding, isBeta), isBeta)];
    }),
};
