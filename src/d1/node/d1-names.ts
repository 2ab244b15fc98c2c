// `miniflare-rs/d1`: D1 databases over a file or memory, without an instance in the test.

import { describe } from "../../node/errors.ts";
import { constructible } from "../../node/names/constructible.ts";
import { D1Plugin } from "../../node/names/plugin-classes.ts";
import { D1Database as Database, D1PreparedStatement as Statement } from "../d1-database.ts";
import { d1Backend } from "./d1-backend.ts";
import { databaseParts } from "./sqlite-db.ts";
import type * as contract from "../../../types/d1.d.ts";
import type { DatabaseParts } from "./sqlite-db.ts";

/** How what is over it is asked, whichever copy of this package a test runner has made it with. */
const API: unique symbol = Symbol.for("miniflare-rs.d1-api");

class D1DatabaseAPI implements contract.D1DatabaseAPI {
  declare readonly [API]: DatabaseParts;

  constructor(database: unknown) {
    Object.defineProperty(this, API, { value: databaseParts(database) });
  }
}

const D1Database: typeof contract.D1Database = constructible(Database, (api: unknown) => {
  const parts = (api as Partial<D1DatabaseAPI> | null | undefined)?.[API];
  if (parts === undefined) {
    throw new TypeError(`new D1Database() takes a D1DatabaseAPI of miniflare-rs, got ${describe(api)}`);
  }
  return [parts.name, d1Backend(parts.instance), false];
});

const D1PreparedStatement = constructible(Statement, () => {
  throw new TypeError("A D1PreparedStatement is made by prepare() of a D1Database");
}) as unknown as typeof contract.D1PreparedStatement;

export { D1Database, D1DatabaseAPI, D1Plugin, D1PreparedStatement };
