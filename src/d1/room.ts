// The D1 databases of this worker: a lazy script (`bundle.ts`), which is loaded for a worker that has some.

import { load } from "ext:miniflare/realm/lazy.ts";
import type { D1Database } from "./d1-database.ts";

declare module "../upstream.d.ts" {
  interface LazyScripts {
    "ext:miniflare/d1/bundle.ts": typeof import("./bundle.ts");
  }
}

type Bound = [binding: string, name: string, isBeta: boolean];

export const room = {
  name: "d1",
  empty: { d1Databases: [] },
  bind: ({ d1Databases }: { d1Databases: Bound[] }) =>
    d1Databases.map(([binding, name, isBeta]): [string, D1Database] => [
      binding,
      load("ext:miniflare/d1/bundle.ts").databaseNamed(binding, name, isBeta),
    ]),
};
