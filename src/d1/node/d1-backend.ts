// D1 databases from outside the worker: the same classes as inside, over the addon.

import { binding } from "../../node/binding/binding.ts";
import { outside } from "../../node/binding/outside.ts";
import { makeFair } from "../../node/instance/fairly.ts";
import { D1Database, D1DatabaseSession, D1PreparedStatement } from "../d1-database.ts";
import { databaseOf } from "./options.ts";
import type { D1Calls } from "../d1-database.ts";

makeFair(D1Database, ["batch", "exec", "dump"]);
makeFair(D1DatabaseSession, ["batch"]);
makeFair(D1PreparedStatement, ["first", "run", "all", "raw"]);

/** The database of this binding. `instance()` gives the number of the instance; it throws when that is disposed of. */
function d1Database(bound: string, instance: () => number): D1Database {
  const { name, isBeta } = databaseOf(bound);
  const backend = {
    ...outside,
    run: (...[name, queries]: Parameters<D1Calls["run"]>) => binding.d1Run(instance(), name, queries),
    dump: (name: string) => binding.d1Dump(instance(), name),
  };
  return new D1Database(name, backend, isBeta);
}

export { d1Database };
