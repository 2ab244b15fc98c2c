// Tags: every-node
// D1 databases that a suite makes itself, over a file or memory.

import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import path from "node:path";
import { describe } from "node:test";
import { drizzle } from "drizzle-orm/d1";
import { integer, sqliteTable, text } from "drizzle-orm/sqlite-core";
import { applyD1Migrations } from "../../index.mjs";
import { folder } from "../support/files.mjs";
import { create } from "../support/miniflare.mjs";
import { createSQLiteDB, D1Database, D1DatabaseAPI, D1Plugin, D1PreparedStatement } from "../support/names.mjs";
import { test } from "../support/test.mjs";

const open = async (file) => new D1Database(new D1DatabaseAPI(await createSQLiteDB(file)));

describe("a D1Database over createSQLiteDB()", () => {
  test("executes statements, batches and migrations", async (t) => {
    const db = await open(":memory:");
    assert.deepEqual(await applyD1Migrations(db, folder(t, { "1.sql": "CREATE TABLE t (a UNIQUE);" })), ["1.sql"]);
    const insert = db.prepare("INSERT INTO t VALUES (?)");
    await db.batch([insert.bind(1), insert.bind(2)]);
    await assert.rejects(db.batch([insert.bind(3), insert.bind(1)]), /^Error: D1_ERROR: UNIQUE constraint failed: t.a/);
    const { results, meta } = await db.prepare("SELECT a FROM t ORDER BY a").all();
    assert.deepEqual([results, meta.served_by], [[{ a: 1 }, { a: 2 }], "miniflare.db"]);
    assert.equal(Buffer.from(await db.dump()).toString("latin1", 0, 15), "SQLite format 3");
  });

  test("has memory of its own", async () => {
    const [one, other] = [await open(":memory:"), await open(":memory:")];
    await one.exec("CREATE TABLE t (a)");
    await assert.rejects(other.prepare("SELECT * FROM t").all(), /no such table: t/);
  });

  for (const name of ["data.sqlite3", "data.db", "data", "spa ce.%.db"]) {
    test(`stores in the file ${name}`, async (t) => {
      const file = path.join(folder(t), "new", name);
      const sqlite = await createSQLiteDB(file);
      assert.equal(sqlite.exec("CREATE TABLE t (a); INSERT INTO t VALUES (1)"), sqlite);
      assert.deepEqual([sqlite.name, sqlite.memory, sqlite.open], [file, false, true]);
      sqlite.close();
      assert.equal(await (await open(file)).prepare("SELECT a FROM t").first("a"), 1);
    });
  }

  test("shares a file with the databases of instances", async (t) => {
    const d1Persist = folder(t);
    const mf = create(t, { script: "", d1Persist });
    await (await mf.getD1Database("DB")).exec("CREATE TABLE t (a)");
    const db = await open(path.join(d1Persist, "DB.sqlite3"));
    await db.exec("INSERT INTO t VALUES ('from outside')");
    const found = await (await mf.getD1Database("DB")).prepare("SELECT a FROM t").first("a");
    assert.equal(found, "from outside");
  });

  test("serves drizzle", async () => {
    const sqlite = await createSQLiteDB(":memory:");
    sqlite.exec("CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT)");
    const users = sqliteTable("users", { id: integer("id").primaryKey(), name: text("name") });
    const db = drizzle(new D1Database(new D1DatabaseAPI(sqlite)));
    await db.insert(users).values([{ name: "Ada" }, { name: "Bob" }]);
    assert.deepEqual(await db.select().from(users), [
      { id: 1, name: "Ada" },
      { id: 2, name: "Bob" },
    ]);
  });

  test("has the class of an instance's databases", async (t) => {
    const db = await create(t, { script: "" }).getD1Database("DB");
    assert.ok(db instanceof D1Database);
    assert.ok(db.prepare("SELECT 1") instanceof D1PreparedStatement);
    t.mock.method(D1Database.prototype, "prepare", () => "spied");
    assert.equal(db.prepare(), "spied");
  });
});

describe("a database of createSQLiteDB()", () => {
  test("says what is wrong with SQL, and when it is closed", async () => {
    const sqlite = await createSQLiteDB(":memory:");
    assert.throws(() => sqlite.exec("SELEC"), { name: "Error", message: /near "SELEC": syntax error/ });
    const db = new D1Database(new D1DatabaseAPI(sqlite));
    assert.equal(sqlite.close().open, false);
    assert.throws(() => sqlite.exec("SELECT 1"), { name: "TypeError", message: "The database connection is not open" });
    await assert.rejects(db.prepare("SELECT 1").all(), { message: "The database connection is not open" });
    sqlite.close();
  });

  test("refuses a file that is not a database, and leaves it unchanged", async (t) => {
    const file = path.join(folder(t), "text.db");
    writeFileSync(file, "no database ".repeat(1000));
    await assert.rejects((await open(file)).prepare("SELECT 1").all(), { code: "ERR_STORAGE_CORRUPT" });
  });
});

describe("the constructors of miniflare-rs/d1", () => {
  test("take the database that another library has open in a file", async (t) => {
    const file = path.join(folder(t), "shared.db");
    (await createSQLiteDB(file)).exec("CREATE TABLE t (a); INSERT INTO t VALUES (7)").close();
    const db = new D1Database(new D1DatabaseAPI({ name: file, memory: false }));
    assert.equal(await db.prepare("SELECT a FROM t").first("a"), 7);
  });

  test("refuse what they cannot use", async () => {
    const refused = (make, message) => assert.throws(make, { name: "TypeError", message });
    refused(
      () => new D1DatabaseAPI(),
      /^new D1DatabaseAPI\(\) takes a database of createSQLiteDB\(\), .* got undefined$/,
    );
    refused(() => new D1DatabaseAPI({ name: ":memory:", memory: true }), /in memory, which cannot be shared$/);
    refused(() => new D1Database({ fetch() {} }), /^new D1Database\(\) takes a D1DatabaseAPI of miniflare-rs, got/);
    refused(() => new D1PreparedStatement(), /made by prepare\(\)/);
    refused(() => new D1Plugin(), /^D1Plugin is only a name/);
    await assert.rejects(createSQLiteDB(7), {
      name: "TypeError",
      message: /takes the path of a file, or ":memory:", got 7/,
    });
  });
});
