// `applyD1Migrations`: in order, once each, all or nothing, and recorded as wrangler records them.

import { describe } from "node:test";
import assert from "node:assert/strict";
import path from "node:path";
import { pathToFileURL } from "node:url";
import * as miniflare from "../../index.mjs";
import { folder, write } from "../support/files.mjs";
import { create } from "../support/miniflare.mjs";
import { test } from "../support/test.mjs";

const { applyD1Migrations, readD1Migrations } = miniflare;
const open = (t) => create(t, { script: "" }).getD1Database("DB");
const names = async (db, table = "d1_migrations") =>
  (await db.prepare(`SELECT id, name FROM ${table} ORDER BY id`).raw()).flat();

describe("applyD1Migrations", () => {
  test("applies the files of a folder in the order of their numbers, once", async (t) => {
    const root = folder(t, {
      "0002_add.sql": "ALTER TABLE t ADD COLUMN b DEFAULT 'two';",
      "0001_init.sql": "CREATE TABLE t (a); -- the first\nINSERT INTO t VALUES (';');\n",
      "10_last.sql": "UPDATE t SET b = b || ' ' || a;",
      "readme.md": "no SQL",
    });
    const db = await open(t);
    assert.deepEqual(await applyD1Migrations(db, root), ["0001_init.sql", "0002_add.sql", "10_last.sql"]);
    assert.deepEqual(await db.prepare("SELECT * FROM t").raw(), [[";", "two ;"]]);
    assert.deepEqual(await applyD1Migrations(db, pathToFileURL(root)), []);
    write(root, { "0011_more.sql": "DELETE FROM t" });
    assert.deepEqual(await applyD1Migrations(db, root), ["0011_more.sql"]);
    const applied = ["0001_init.sql", "0002_add.sql", "10_last.sql", "0011_more.sql"];
    assert.deepEqual(
      await names(db),
      applied.flatMap((name, index) => [index + 1, name]),
    );
    const { applied_at } = await db.prepare("SELECT applied_at FROM d1_migrations").first();
    assert.match(applied_at, /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/);
  });

  test("leaves out what wrangler has applied", async (t) => {
    const db = await open(t);
    await db.exec(
      "CREATE TABLE d1_migrations(id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT UNIQUE, applied_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP NOT NULL)\nINSERT INTO d1_migrations (name) VALUES ('0001_init.sql')",
    );
    const root = folder(t, { "0001_init.sql": "SELEC", "0002_next.sql": "CREATE TABLE t (a)" });
    assert.deepEqual(await applyD1Migrations(db, root), ["0002_next.sql"]);
  });

  test("rolls back the migration that fails, and keeps those before it", async (t) => {
    const root = folder(t, {
      "1_a.sql": "CREATE TABLE t (a)",
      "2_b.sql": "CREATE TABLE u (a);\nINSERT INTO nope VALUES (1)",
    });
    const db = await open(t);
    await assert.rejects(applyD1Migrations(db, root), {
      message: 'The migration "2_b.sql" cannot be applied: D1_ERROR: no such table: nope: SQLITE_ERROR',
    });
    assert.deepEqual(await names(db), [1, "1_a.sql"]);
    write(root, { "2_b.sql": "CREATE TABLE u (a)" });
    assert.deepEqual(await applyD1Migrations(db, root), ["2_b.sql"]);
  });

  test("knows statements as SQLite does", async (t) => {
    const sql = `/* ; */ CREATE TABLE t (a, b DEFAULT ';'); -- ;
      CREATE TRIGGER g AFTER INSERT ON t WHEN new.a > 0 BEGIN
        UPDATE t SET b = CASE WHEN new.a = 1 THEN 'one;' ELSE "many" END WHERE rowid = new.rowid;
        SELECT 1;
      END;
      INSERT INTO t (a) VALUES (1)`;
    const db = await open(t);
    await applyD1Migrations(db, folder(t, { "1.sql": sql.replace('"many"', "'many'"), "2.sql": "-- nothing yet\n" }));
    assert.deepEqual(await db.prepare("SELECT * FROM t").raw(), [[1, "one;"]]);
    assert.deepEqual(await names(db), [1, "1.sql", 2, "2.sql"]);
  });

  test("applies files of any length", async (t) => {
    const insert = `INSERT INTO t VALUES ('${"x".repeat(1000)}');\n`;
    const db = await open(t);
    await applyD1Migrations(db, folder(t, { "1.sql": `CREATE TABLE t (a);\n${insert.repeat(500)}` }));
    assert.equal(await db.prepare("SELECT count(*) AS n FROM t").first("n"), 500);
  });

  test("takes migrations and a table by name", async (t) => {
    const db = await open(t);
    const migrations = [
      { name: "b", queries: ["CREATE TABLE t (a)", "INSERT INTO t VALUES (1); INSERT INTO t VALUES (2)"] },
      { name: "a", queries: ["DELETE FROM t WHERE a = 1"] },
    ];
    assert.deepEqual(await applyD1Migrations(db, migrations, "my migrations"), ["b", "a"]);
    assert.deepEqual(await db.prepare("SELECT a FROM t").raw(), [[2]]);
    assert.deepEqual(await names(db, '"my migrations"'), [1, "b", 2, "a"]);
  });

  test("takes the database of a worker's bindings", async (t) => {
    const mf = create(t, { script: "", d1Databases: ["DB"] });
    const { DB } = await mf.getBindings();
    assert.deepEqual(
      await applyD1Migrations(DB, folder(t, { "1.sql": "CREATE TABLE t (a); INSERT INTO t VALUES (1)" })),
      ["1.sql"],
    );
    assert.deepEqual(await (await mf.getD1Database("DB")).prepare("SELECT a FROM t").raw(), [[1]]);
  });

  test("refuses what it cannot apply", async (t) => {
    const mf = create(t, { script: "" });
    const db = await mf.getD1Database("DB");
    const missing = path.join(folder(t), "missing");
    await assert.rejects(applyD1Migrations(db, missing), /The folder of migrations .*missing cannot be read: ENOENT/);
    await assert.rejects(applyD1Migrations(db, [{ name: "a" }]), /A migration is an object like/);
    const beta = await mf.getD1Database("__D1_BETA__DB");
    await assert.rejects(applyD1Migrations(beta, []), /without the prefix __D1_BETA__/);
  });
});

describe("readD1Migrations", () => {
  const TRIGGER = "CREATE TRIGGER g AFTER INSERT ON t BEGIN UPDATE t SET a = 'x;'; SELECT 1; END;";
  const FILES = {
    "0002_next.sql": `-- first;\nINSERT INTO t VALUES ('a;b');\n${TRIGGER}\n`,
    "0001_init.sql": "CREATE TABLE t (a)",
    "0010_empty.sql": "-- nothing yet\n",
    "readme.md": "no SQL",
  };

  test("returns the files in the order of their numbers, with their statements", async (t) => {
    assert.deepEqual(await readD1Migrations(folder(t, FILES)), [
      { name: "0001_init.sql", queries: ["CREATE TABLE t (a)"] },
      { name: "0002_next.sql", queries: ["-- first;\nINSERT INTO t VALUES ('a;b');", TRIGGER] },
      { name: "0010_empty.sql", queries: ["-- nothing yet\n"] },
    ]);
  });

  test("returns what applyD1Migrations takes, with the effect of the folder", async (t) => {
    const root = folder(t, FILES);
    const db = await open(t);
    const applied = ["0001_init.sql", "0002_next.sql", "0010_empty.sql"];
    assert.deepEqual(await applyD1Migrations(db, await readD1Migrations(pathToFileURL(root))), applied);
    assert.deepEqual(await applyD1Migrations(db, root), []);
    await db.prepare("INSERT INTO t VALUES ('b')").run();
    assert.deepEqual(await db.prepare("SELECT a FROM t").raw(), [["x;"], ["x;"]]);
  });

  test("refuses a folder that cannot be read", async (t) => {
    await assert.rejects(
      readD1Migrations(path.join(folder(t), "missing")),
      /The folder of migrations .*missing cannot be read/,
    );
  });
});
