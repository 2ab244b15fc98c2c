// D1 databases from outside the worker: the same classes as inside, over the addon.

import { binding } from "../../node/binding/binding.ts";
import { roomBackend } from "../../node/binding/outside.ts";
import { makeFair } from "../../node/instance/fairly.ts";
import { D1Database, D1DatabaseSession, D1PreparedStatement } from "../d1-database.ts";
import { databaseOf } from "./options.ts";
import type { D1Backend, D1Calls } from "../d1-database.ts";

makeFair(D1Database, ["batch", "exec", "dump"]);
makeFair(D1DatabaseSession, ["batch"]);
makeFair(D1PreparedStatement, ["first", "run", "all", "raw"]);

/** The database of this binding. `instance()` gives the number of the instance; it throws when that is disposed of. */
function d1Database(bound: string, instance: () => number): D1Database {
  const { name, isBeta } = databaseOf(bound);
  return new D1Database(name, d1Backend(instance), isBeta);
}

/** What databases are over in Node. */
function d1Backend(instance: () => number): D1Backend {
  return roomBackend<D1Calls>(instance, { run: binding.d1Run, dump: binding.d1Dump });
}

export { d1Backend, d1Database };
