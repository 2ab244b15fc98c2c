// D1 databases over the ops of an instance: a lazy script, of the classes that Node has too and what they need of a worker.

import { op_d1_dump, op_d1_run, op_later } from "ext:core/ops";
import { advance, countInternalSubrequest, depart } from "ext:miniflare/realm/context.ts";
import { D1Database, D1DatabaseSession, D1PreparedStatement } from "ext:miniflare/d1/d1-database.ts";
import { refuseClones } from "ext:miniflare/web/clone.ts";
import type { D1Backend } from "./d1-database.ts";

refuseClones([D1Database, D1DatabaseSession, D1PreparedStatement]);

const calls = { run: op_d1_run, dump: op_d1_dump, later: op_later };

/** As in Miniflare 2, databases can be used outside of requests: tests fill the bindings of a worker from there. */
const backend: D1Backend = { ...calls, begin: countInternalSubrequest, depart, advance };

/** Miniflare 2 takes no note of what the beta does. */
const betaBackend: D1Backend = { ...calls, begin() {}, depart() {}, advance() {} };

export const databaseNamed = (name: string, isBeta: boolean) =>
  new D1Database(name, isBeta ? betaBackend : backend, isBeta);
