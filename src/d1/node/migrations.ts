// Migrations of D1 databases: files of SQL, each of which is applied once. They are recorded as wrangler records them, so a
// database that either has migrated is known to the other.

import { readFileSync, readdirSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { binding } from "../../node/binding/binding.ts";
import type { D1Database, D1Migration } from "../../../index.d.ts";

const DEFAULT_TABLE = "d1_migrations";

/** Of two statements in one text, both are executed, and the result is the last one's. */
const BOTH = "SELECT 1 AS number; SELECT 2 AS number";

/**
 * Applies the migrations that are not recorded yet, in order.
 * @returns the names of those that were applied
 */
async function applyD1Migrations(
  db: D1Database,
  migrations: string | URL | readonly D1Migration[],
  table = DEFAULT_TABLE,
): Promise<string[]> {
  const all = Array.isArray(migrations) ? migrations.map(checked) : readMigrations(migrations as string | URL);
  const name = `"${String(table).replaceAll('"', '""')}"`;
  await checkDialect(db);
  await db
    .prepare(
      `CREATE TABLE IF NOT EXISTS ${name}(
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        name TEXT UNIQUE,
        applied_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP NOT NULL
      )`,
    )
    .run();
  const applied = new Set((await db.prepare(`SELECT name FROM ${name}`).raw<[string]>()).map(([name]) => name));
  const left = all.filter((migration) => !applied.has(migration.name));
  for (const migration of left) {
    // A file may have nothing but comments.
    const steps = migration.queries.map((query) => db.prepare(`SELECT 1;\n${query}`));
    const record = db.prepare(`INSERT INTO ${name} (name) VALUES (?)`).bind(migration.name);
    try {
      await db.batch([...steps, record]);
    } catch (error) {
      const text = `The migration "${migration.name}" cannot be applied: ${(error as Error).message}`;
      throw new Error(text, { cause: error });
    }
  }
  return left.map(({ name }) => name);
}

/** The migrations of a folder, for `applyD1Migrations`. */
async function readD1Migrations(folder: string | URL): Promise<D1Migration[]> {
  const migrations = readMigrations(folder);
  return migrations.map(({ name, queries }) => ({ name, queries: queries.flatMap((text) => binding.d1Split(text)) }));
}

/** The files of a folder that end with `.sql`, by the numbers that their names begin with. */
function readMigrations(folder: string | URL): D1Migration[] {
  const root = path.resolve(folder instanceof URL ? fileURLToPath(folder) : String(folder));
  const names = namesIn(root).filter((name) => name.endsWith(".sql"));
  const number = (name: string) => Number.parseInt(name, 10);
  names.sort((a, b) => number(a) - number(b) || (a < b ? -1 : 1));
  return names.map((name) => ({ name, queries: [readFileSync(path.join(root, name), "utf8")] }));
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    const text = `The folder of migrations ${folder} cannot be read: ${(error as Error).message}`;
    throw new Error(text, { cause: error });
  }
}

function checked(migration: D1Migration): D1Migration {
  const { name, queries } = migration ?? {};
  if (typeof name === "string" && Array.isArray(queries)) return migration;
  throw new TypeError('A migration is an object like { name: "0001_init.sql", queries: ["CREATE TABLE ..."] }.');
}

/** The beta executes the first statement of a text only: a migration would seem to be applied. */
async function checkDialect(db: D1Database): Promise<void> {
  const [{ results }] = await db.batch<{ number: number }>([db.prepare(BOTH)]);
  if (results[0].number === 2) return;
  throw new Error("applyD1Migrations() needs the database by its name without the prefix __D1_BETA__.");
}

export { applyD1Migrations, readD1Migrations };
