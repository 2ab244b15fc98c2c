// What SQL may do in D1 databases, and their limits, are those of Workers.

import { describe } from "node:test";
import assert from "node:assert/strict";
import { create } from "../support/miniflare.mjs";
import { test } from "../support/test.mjs";

const open = (t) => create(t, { script: "" }).getD1Database("DB");
const refusal = (db, sql) =>
  db
    .prepare(sql)
    .all()
    .then(
      () => "executed",
      ({ message }) => message,
    );

describe("a D1 database refuses", () => {
  const TRANSACTION = /^D1_ERROR: To execute a transaction, please use the state\.storage\.transaction\(\)/;
  for (const sql of [
    "BEGIN",
    "BEGIN IMMEDIATE",
    "COMMIT",
    "END",
    "ROLLBACK",
    "SAVEPOINT a",
    "RELEASE a",
    "ROLLBACK TO a",
  ]) {
    test(`transactions of its own: ${sql}`, async (t) => {
      const db = await open(t);
      assert.match(await refusal(db, sql), TRANSACTION);
      await assert.rejects(db.exec(sql), { message: /^D1_EXEC_ERROR: .*To execute a transaction/ });
      await db.batch([db.prepare("CREATE TABLE t (a)")]);
    });
  }

  for (const sql of [
    "ATTACH ':memory:' AS a",
    "DETACH a",
    "VACUUM",
    "VACUUM INTO '/tmp/copy.sqlite3'",
    "CREATE TEMP TABLE a (b)",
    "CREATE TEMPORARY VIEW a AS SELECT 1",
    "CREATE TABLE _cf_a (b)",
    "CREATE TABLE _CF_a (b)",
    "CREATE VIRTUAL TABLE a USING fts3(b)",
    "CREATE VIRTUAL TABLE a USING dbstat",
    ...["journal_mode", "page_size = 512", "user_version", "user_version = 1", "encoding", "compile_options"],
    ...["database_list", "writable_schema = on", "temp_store_directory = '/'", "nope", "table_info(_cf_a)"],
  ].map((sql) => (/^[a-z]/.test(sql) ? `PRAGMA ${sql}` : sql))) {
    test(sql, async (t) => assert.equal(await refusal(await open(t), sql), "D1_ERROR: not authorized: SQLITE_AUTH"));
  }

  for (const call of ["sqlite_version()", "sqlite_source_id()", "fts5_source_id()", "soundex('a')"]) {
    test(`the function ${call}`, async (t) => {
      const text = `D1_ERROR: not authorized to use function: ${call.split("(")[0]} at offset 7: SQLITE_ERROR`;
      assert.equal(await refusal(await open(t), `SELECT ${call}`), text);
    });
  }

  test("extensions, and tables of the engine", async (t) => {
    const db = await open(t);
    assert.equal(await refusal(db, "SELECT load_extension('a')"), "D1_ERROR: not authorized: SQLITE_ERROR");
    assert.match(await refusal(db, "SELECT * FROM dbstat"), /prohibited|no such table/);
    assert.match(await refusal(db, "SELECT readfile('/etc/passwd')"), /no such function/);
  });
});

describe("a D1 database allows", () => {
  for (const sql of [
    "PRAGMA table_info(t)",
    "PRAGMA table_list",
    "PRAGMA index_list(t)",
    "PRAGMA foreign_key_check",
    "PRAGMA quick_check",
    "PRAGMA optimize",
    "PRAGMA defer_foreign_keys = on",
    "PRAGMA case_sensitive_like = on",
    "SELECT * FROM pragma_table_info('t')",
    "SELECT * FROM sqlite_schema",
    "ANALYZE",
    "REINDEX",
    "EXPLAIN QUERY PLAN SELECT * FROM t",
    "SELECT sqrt(4), pi(), json_object('a', 1), jsonb('[1]'), unixepoch(), strftime('%s'), group_concat(1)",
    "SELECT * FROM json_each('[1, 2]'), json_tree('{}')",
    "CREATE VIRTUAL TABLE f USING fts5(a)",
    "CREATE VIRTUAL TABLE r USING rtree(a, b, c)",
    "CREATE TRIGGER g AFTER INSERT ON t BEGIN SELECT CASE WHEN 1 THEN 2 END; DELETE FROM t WHERE a = 9; END",
    "CREATE TABLE w (a TEXT PRIMARY KEY) WITHOUT ROWID, STRICT",
    "ALTER TABLE t RENAME COLUMN a TO b",
    "ALTER TABLE t RENAME TO u",
    "CREATE VIEW v AS SELECT * FROM t",
    "INSERT INTO t VALUES (1) ON CONFLICT DO NOTHING RETURNING *",
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 9) SELECT sum(i) OVER () FROM n",
  ]) {
    test(sql, async (t) => {
      const db = await open(t);
      await db.exec("CREATE TABLE t (a)");
      assert.equal(await refusal(db, sql), "executed");
    });
  }

  test("full-text search, also in triggers", async (t) => {
    const db = await open(t);
    await db.batch(
      [
        "CREATE TABLE notes (id INTEGER PRIMARY KEY, text)",
        "CREATE VIRTUAL TABLE found USING fts5(text, content = 'notes', content_rowid = 'id')",
        "CREATE TRIGGER added AFTER INSERT ON notes BEGIN INSERT INTO found (rowid, text) VALUES (new.id, new.text); END",
        "INSERT INTO notes (text) VALUES ('one fish'), ('two birds')",
      ].map((sql) => db.prepare(sql)),
    );
    const match = db.prepare(
      "SELECT rowid AS id, highlight(found, 0, '<', '>') AS text FROM found WHERE found MATCH ?",
    );
    assert.deepEqual((await match.bind("bird*").all()).results, [{ id: 2, text: "two <birds>" }]);
  });
});

describe("a D1 database", () => {
  test("enforces foreign keys, which cannot be switched off", async (t) => {
    const db = await open(t);
    await db.exec("CREATE TABLE p (id INTEGER PRIMARY KEY)\nCREATE TABLE c (p REFERENCES p (id) ON DELETE CASCADE)");
    await db.exec("PRAGMA foreign_keys = off\nINSERT INTO p VALUES (1)\nINSERT INTO c VALUES (1)");
    assert.equal(await db.prepare("PRAGMA foreign_keys").first("foreign_keys"), 1);
    assert.match(await refusal(db, "INSERT INTO c VALUES (2)"), /FOREIGN KEY constraint failed/);
    const { meta } = await db.prepare("DELETE FROM p").run();
    assert.equal(meta.changes, 2);
    assert.equal(await db.prepare("SELECT count(*) AS n FROM c").first("n"), 0);
  });

  const many = (count, item) => Array(count).fill(item).join();
  for (const [name, within, beyond, text] of [
    ["100 columns", `SELECT ${many(100, "1")}`, `SELECT ${many(101, "1")}`, /too many columns in result set/],
    [
      "100 columns of a table",
      `CREATE TABLE a (${Array.from({ length: 100 }, (_, index) => `c${index}`)})`,
      `CREATE TABLE b (${Array.from({ length: 101 }, (_, index) => `c${index}`)})`,
      /too many columns on b/,
    ],
    [
      "statements of 100,000 bytes",
      `SELECT '${"x".repeat(99_991)}'`,
      `SELECT '${"x".repeat(99_992)}'`,
      /statement too long: SQLITE_TOOBIG/,
    ],
    [
      "values of 2,200,000 bytes",
      "SELECT length(zeroblob(2200000))",
      "SELECT length(zeroblob(2200001))",
      /string or blob too big: SQLITE_TOOBIG/,
    ],
    [
      "patterns of 50 bytes",
      `SELECT 'a' LIKE '${"x".repeat(50)}'`,
      `SELECT 'a' LIKE '${"x".repeat(51)}'`,
      /LIKE or GLOB pattern too complex/,
    ],
    [
      "functions of 127 arguments",
      `SELECT max(${many(127, "1")})`,
      `SELECT max(${many(128, "1")})`,
      /too many arguments on function max/,
    ],
    [
      "5 terms of a compound",
      `SELECT 1${" UNION SELECT 1".repeat(4)}`,
      `SELECT 1${" UNION SELECT 1".repeat(5)}`,
      /too many terms in compound SELECT/,
    ],
    ["expressions of a depth of 100", `SELECT 1${"+1".repeat(99)}`, `SELECT 1${"+1".repeat(100)}`, /maximum depth 100/],
  ]) {
    test(`has ${name}, and no more`, async (t) => {
      const db = await open(t);
      assert.equal(await refusal(db, within), "executed");
      assert.match(await refusal(db, beyond), text);
    });
  }

  test("has 100 bound values, and no more", async (t) => {
    const db = await open(t);
    const bound = (count) => db.prepare(`SELECT ${many(count, "?")}`).bind(...Array(count).fill(1));
    assert.equal((await bound(100).raw())[0].length, 100);
    await assert.rejects(bound(101).raw(), /too many SQL variables/);
  });

  test("refuses results that would not fit into a worker, and goes on", async (t) => {
    const db = await open(t);
    const rows = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT zeroblob(1000000) FROM n";
    assert.match(await refusal(db, rows), /The results have more than \d+ bytes: ask for fewer rows, with LIMIT\./);
    assert.equal(await refusal(db, "SELECT 1"), "executed");
  });
});
