// D1 databases, used as a suite in ES modules uses them. Compiled by `npm run types`, never run.

import {
  applyD1Migrations,
  type D1Database,
  type D1DatabaseSession,
  type D1ExecResult,
  type D1Meta,
  type D1Migration,
  readD1Migrations,
  type D1PreparedStatement,
  type D1Result,
  type D1Value,
  Miniflare,
} from "miniflare-rs";

type User = { name: string; age: number | null };

const mf = new Miniflare({ d1Databases: ["DB"], d1Persist: true });

export async function statements(): Promise<void> {
  const db: D1Database = await mf.getD1Database("DB");
  const statement: D1PreparedStatement = db.prepare("SELECT * FROM users WHERE name = ?").bind("Ada", 1, null, true);
  const { results, meta, success }: D1Result<User> = await statement.all<User>();
  const details: D1Meta = meta;
  const [user]: (User | undefined)[] = results;
  const first: User | null = await statement.first<User>();
  const name: string | null = await statement.first<string>("name");
  const rows: [string, D1Value][] = await statement.raw<[string, D1Value]>();
  const [columns, row]: [string[], ...unknown[][]] = await statement.raw({ columnNames: true });
  const ran: Record<string, unknown>[] = (await statement.run()).results;
  console.log(success, details.changes, user?.age, first, name, rows, columns, row, ran);
}

export async function databases(db: D1Database): Promise<void> {
  const results: D1Result<User>[] = await db.batch<User>([db.prepare("SELECT 1")]);
  const { count, duration }: D1ExecResult = await db.exec("SELECT 1");
  const session: D1DatabaseSession = db.withSession("first-primary");
  const bookmark: string | null = session.getBookmark();
  await session.batch([session.prepare("SELECT 1")]);
  const dump: ArrayBuffer = await db.dump();
  const migrations: D1Migration[] = [{ name: "0001_init.sql", queries: ["SELECT 1"] }];
  const applied: string[] = await applyD1Migrations(db, migrations, "migrations");
  await applyD1Migrations(db, new URL("file:///migrations"));
  await applyD1Migrations(db, await readD1Migrations("migrations"));
  console.log(results, count, duration, bookmark, dump, applied);
}
