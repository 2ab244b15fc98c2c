// `miniflare-rs/shared`: what the packages of Miniflare 2 had in common.

import { MiniflareError } from "../errors.ts";
import { Log, LogLevel, NoOpLog } from "../log/log.ts";
import type { SQLiteDatabase } from "../../../types/d1.d.ts";

/** See `types/shared.d.ts`. */
function createSQLiteDB(file: string): Promise<SQLiteDatabase> {
  const { createSQLiteDB } = require("../../d1/node/sqlite-db.ts") as typeof import("../../d1/node/sqlite-db.ts");
  return createSQLiteDB(file);
}

export { createSQLiteDB, Log, LogLevel, MiniflareError, NoOpLog };
