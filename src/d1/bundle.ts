// D1 databases over the ops of an instance: a lazy script, of the classes that Node has too and what they need of a worker.

import { op_d1_dump, op_d1_run } from "ext:core/ops";
import { advance, countInternalSubrequest, countOperation, depart } from "ext:miniflare/realm/context.ts";
import { later } from "ext:miniflare/realm/waits.ts";
import { D1Database, D1DatabaseSession, D1PreparedStatement } from "ext:miniflare/d1/d1-database.ts";
import { USAGE } from "ext:miniflare/d1/usage.ts";
import { refuseClones } from "ext:miniflare/web/clone.ts";
import type { WireValue } from "../wire.ts";
import type { D1Backend } from "./d1-database.ts";
import type { Outcome } from "./dialects.ts";

refuseClones([D1Database, D1DatabaseSession, D1PreparedStatement]);

/** The places of the numbers that are counted. */
const [QUERIES, ROWS_READ, ROWS_WRITTEN] = USAGE.counts.keys();

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

export const databaseNamed = (binding: string, name: string, isBeta: boolean) =>
  new D1Database(name, backendOf(binding, isBeta), isBeta);
