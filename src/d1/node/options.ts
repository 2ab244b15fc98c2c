// The options of D1 databases.

import { check, isString, strings } from "../../node/options/check.ts";
import { place } from "../../node/options/place.ts";
import { openDatabase } from "./d1-room.ts";
import type { Check } from "../../node/options/check.ts";
import type { MiniflareOptions } from "../../../index.d.ts";
import type { Inside } from "../../node/instance/inside.ts";
import type { D1Database } from "../d1-database.ts";
import type { OptionRows } from "../../node/options/table.ts";

/** What Miniflare 2 wants the names of bindings to begin with. The data is stored under the rest. */
const BETA = "__D1_BETA__";

const noServer = check(
  "a boolean or a path, since D1 databases are files",
  (value) => !isString(value) || !/^rediss?:/i.test(value),
);

/** SQLite has no databases on servers. */
const localPlace: Check = Object.assign(
  (value: unknown, path: string) => {
    place(value, path);
    noServer(value, path);
  },
  { takes: place.takes },
);

const options = {
  d1Databases: {
    check: strings,
    label: "D1 Namespaces",
    flag: "--d1",
    help: "D1 namespace to bind",
    wrangler: ({ d1_databases }) => d1_databases?.map(({ binding }) => binding),
  },
  d1Persist: {
    check: localPlace,
    keeps: "d1",
    folder: ".mf/d1",
    label: "D1 Persistence",
    flag: "--d1-persist",
    help: "Persist D1 data (to optional path)",
    wrangler: "miniflare.d1_persist",
  },
} satisfies OptionRows;

/** The name that a database is stored under, and whether its binding is one of the beta. */
function databaseOf(binding: string): { name: string; isBeta: boolean } {
  const isBeta = binding.startsWith(BETA);
  return { name: isBeta ? binding.slice(BETA.length) : binding, isBeta };
}

export const plugin = "D1Plugin";
export const settings = ({ d1Databases = [] }: MiniflareOptions) => ({
  d1Databases: d1Databases.map((binding) => {
    const { name, isBeta } = databaseOf(binding);
    return [binding, name, isBeta];
  }),
});
export const bindings = ({ d1Databases = [] }: MiniflareOptions): [string, (inside: Inside) => D1Database][] =>
  d1Databases.map((name) => [name, (inside) => openDatabase(inside, name)]);
export { databaseOf, options };
