// `miniflare-rs/d1`, which replaces `@miniflare/d1`.

import type * as miniflare from "../index";

export type { D1ExecResult, D1Result, D1Value } from "../index";

/** A database of SQLite in a file or in memory, under the rules of D1. `createSQLiteDB()` opens one. */
export interface SQLiteDatabase {
  /** The path that it was opened with. */
  readonly name: string;
  /** Whether it is in memory. */
  readonly memory: boolean;
  /** Whether it has not been closed. */
  readonly open: boolean;
  /**
   * Executes the statements of a text in one transaction.
   *
   * @throws {Error} with the text of SQLite
   */
  exec(sql: string): this;
  /** Closes it. Databases over it reject every call afterwards. */
  close(): this;
}

/** What a {@link D1Database} is over. */
export class D1DatabaseAPI {
  /**
   * @param database one of `createSQLiteDB()`, or one of better-sqlite3 that is a file, which is opened a second time
   * @throws {TypeError} for other values, and for databases of other libraries in memory
   */
  constructor(database: SQLiteDatabase | { readonly name: string; readonly memory: boolean });
}

/** A D1 database without an instance. `getD1Database()` returns instances of this class too. */
export type D1Database = miniflare.D1Database;
export const D1Database: {
  prototype: D1Database;
  /** @throws {TypeError} for bindings of other packages */
  new (api: D1DatabaseAPI): D1Database;
};

/** A statement. It is made by `prepare()`. */
export type D1PreparedStatement = miniflare.D1PreparedStatement;
export const D1PreparedStatement: { prototype: D1PreparedStatement };

/** A name for `MiniflareCore`. It cannot be constructed. */
export class D1Plugin {
  private constructor();
}
