// The D1 databases of this worker, over the ops of its instance.

import { op_d1_dump, op_d1_run, op_later } from "ext:core/ops";
import { advance, countInternalSubrequest, depart } from "ext:miniflare/realm/context.ts";
import { load, onLoad } from "ext:miniflare/realm/lazy.ts";
import { refuseClones } from "ext:miniflare/web/clone.ts";
import type { D1Backend, D1Database } from "./d1-database.ts";

declare module "../upstream.d.ts" {
  interface LazyScripts {
    "ext:miniflare/d1/d1-database.ts": typeof import("./d1-database.ts");
  }
}

/** The script with the classes. */
const CLASSES = "ext:miniflare/d1/d1-database.ts";

onLoad(CLASSES, ({ D1Database, D1DatabaseSession, D1PreparedStatement }) =>
  refuseClones([D1Database, D1DatabaseSession, D1PreparedStatement]),
);

const calls = { run: op_d1_run, dump: op_d1_dump, later: op_later };

/** As in Miniflare 2, databases can be used outside of requests: tests fill the bindings of a worker from there. */
const backend: D1Backend = { ...calls, begin: countInternalSubrequest, depart, advance };

/** Miniflare 2 takes no note of what the beta does. */
const betaBackend: D1Backend = { ...calls, begin() {}, depart() {}, advance() {} };

export const room = {
  name: "d1",
  empty: { d1Databases: [] },
  bind: ({ d1Databases }: { d1Databases: [binding: string, name: string, isBeta: boolean][] }) =>
    d1Databases.map(([binding, name, isBeta]): [string, D1Database] => {
      const { D1Database } = load(CLASSES);
      return [binding, new D1Database(name, isBeta ? betaBackend : backend, isBeta)];
    }),
};
