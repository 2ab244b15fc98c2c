// Databases in Node without a worker: a file, or memory, under the rules of D1. `createSQLiteDB` of Miniflare 2 gave out those of a
// library; a database here belongs to an instance that it takes along.

import path from "node:path";
import { binding, closeInstance, openInstance } from "../../node/binding/binding.ts";
import { describe } from "../../node/errors.ts";
import type * as contract from "../../../types/d1.d.ts";
import type { D1Calls } from "../d1-database.ts";

/** How a database is asked by what is over it, whichever copy of this package a test runner has made it with. */
const DATABASE: unique symbol = Symbol.for("miniflare-rs.sqlite");
/** What the name of a database begins with that is a file of this very name (`src/sqlite/databases.rs`). */
const EXACT = "\0";
/** Statements that are one text. */
const ONE_TEXT: Parameters<D1Calls["run"]>[1][0] = [false, false, false, false];

interface DatabaseParts {
  /** The number of the instance; throws when the database is closed. */
  instance(): number;
  readonly name: string;
}

const collected = new FinalizationRegistry<number>(closeInstance);

class SQLiteDatabase implements contract.SQLiteDatabase {
  declare readonly [DATABASE]: DatabaseParts;
  readonly name: string;
  #instance: number | undefined;

  /** @param file the path of a file, or `:memory:` */
  constructor(file: string) {
    this.name = file;
    const instance = openInstance();
    this.#instance = instance;
    collected.register(this, instance, this);
    if (!this.memory) binding.settleStores(instance, { d1: [path.dirname(path.resolve(file)), false] });
    const parts = { instance: () => this.#open(), name: this.memory ? "" : EXACT + path.basename(file) };
    Object.defineProperty(this, DATABASE, { value: parts });
  }

  get memory(): boolean {
    return this.name === "" || this.name === ":memory:";
  }

  get open(): boolean {
    return this.#instance !== undefined;
  }

  exec(sql: string): this {
    const { name } = this[DATABASE];
    const answer = binding.d1Run(this.#open(), name, [ONE_TEXT, String(sql), []]) as unknown[];
    if (answer[0] === null) throw new Error(String(answer[1]));
    return this;
  }

  close(): this {
    if (this.#instance !== undefined) closeInstance(this.#instance);
    collected.unregister(this);
    this.#instance = undefined;
    return this;
  }

  #open(): number {
    if (this.#instance === undefined) throw new TypeError("The database connection is not open");
    return this.#instance;
  }
}

async function createSQLiteDB(file: string): Promise<SQLiteDatabase> {
  if (typeof file !== "string") {
    throw new TypeError(`createSQLiteDB() takes the path of a file, or ":memory:", got ${describe(file)}`);
  }
  return new SQLiteDatabase(file);
}

/** How a database is asked: one of `createSQLiteDB`, or of another library that has the same file open. */
function databaseParts(database: unknown): DatabaseParts {
  const parts = (database as Partial<SQLiteDatabase> | null | undefined)?.[DATABASE];
  if (parts !== undefined) return parts;
  const { name, memory } = (database ?? {}) as { name?: unknown; memory?: unknown };
  if (typeof name === "string" && memory === false) return new SQLiteDatabase(name)[DATABASE];
  const kinds = "a database of createSQLiteDB(), or one of better-sqlite3 that is a file";
  const got = memory === true ? "one of better-sqlite3 in memory, which cannot be shared" : describe(database);
  throw new TypeError(`new D1DatabaseAPI() takes ${kinds}, got ${got}`);
}

export { createSQLiteDB, databaseParts };
export type { DatabaseParts };
