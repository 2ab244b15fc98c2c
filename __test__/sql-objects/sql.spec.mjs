// The database of a Durable Object: what `ctx.storage.sql` executes, and how its cursors are read.

import { describe } from "node:test";
import assert from "node:assert/strict";
import { json } from "../support/dispatch.mjs";
import { withSql } from "../support/sql-objects.mjs";
import { test } from "../support/test.mjs";

/** Runs `body` in an object, and compares what it returns. */
const returns = (name, body, expected) =>
  test(name, async (t) => {
    assert.deepEqual(await json(withSql(t, body)), expected);
  });

const TABLE = `sql.exec("CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT UNIQUE)");
sql.exec("INSERT INTO t VALUES (1, 'a'), (2, 'b'), (3, 'c')");`;

describe("the rows of a statement", () => {
  returns(
    "are read one by one, or those that are left together",
    `${TABLE}
    const cursor = sql.exec("SELECT * FROM t ORDER BY id");
    const first = cursor.next();
    return [first, cursor.toArray(), cursor.next(), cursor.toArray()];`,
    [
      { done: false, value: { id: 1, name: "a" } },
      [
        { id: 2, name: "b" },
        { id: 3, name: "c" },
      ],
      { done: true },
      [],
    ],
  );

  returns(
    "can be iterated over, as objects and as arrays, by one cursor",
    `${TABLE}
    const cursor = sql.exec("SELECT id, name, id FROM t ORDER BY id");
    const found = [];
    for (const row of cursor) { found.push(row); break; }
    const raw = cursor.raw();
    for (const row of raw) { found.push(row); break; }
    return [found, raw.toArray(), cursor.columnNames];`,
    [[{ id: 1, name: "a" }, [2, "b", 2]], [[3, "c", 3]], ["id", "name", "id"]],
  );

  returns(
    "are one, or an error",
    `${TABLE}
    return [
      await attempt(() => sql.exec("SELECT name FROM t WHERE id = ?", 2).one()),
      await attempt(() => sql.exec("SELECT name FROM t WHERE id > 9").one()),
      await attempt(() => sql.exec("SELECT name FROM t").one()),
    ];`,
    [
      { name: "b" },
      "Error: Expected exactly one result from SQL query, but got no results.",
      "Error: Expected exactly one result from SQL query, but got multiple results.",
    ],
  );

  returns(
    "are counted as they are read and written",
    `${TABLE}
    const cursor = sql.exec("SELECT * FROM t");
    const read = [cursor.rowsRead];
    for (const row of cursor) read.push(cursor.rowsRead);
    const { rowsWritten } = sql.exec("INSERT INTO t VALUES (4, 'd'), (5, 'e')");
    return [read.at(0), read.at(-1), rowsWritten, sql.exec("UPDATE t SET id = id + 10").rowsWritten];`,
    [1, 3, 4, 10],
  );

  returns(
    "see later writes, and survive that their text is executed again",
    `${TABLE}
    const older = sql.exec("SELECT id FROM t ORDER BY id");
    older.next();
    const newer = sql.exec("SELECT id FROM t ORDER BY id").toArray().length;
    sql.exec("INSERT INTO t VALUES (4, 'd')");
    await scheduler.wait(1);
    return [newer, older.toArray()];`,
    [3, [{ id: 2 }, { id: 3 }, { id: 4 }]],
  );

  returns(
    "of a statement that writes are there although they are not read before the turn ends",
    `${TABLE}
    const cursor = sql.exec("INSERT INTO t VALUES (4, 'd'), (5, 'e') RETURNING id");
    await scheduler.wait(1);
    return [cursor.toArray(), sql.exec("SELECT count(*) AS n FROM t").one()];`,
    [[{ id: 4 }, { id: 5 }], { n: 5 }],
  );

  returns(
    "may have columns of any name",
    `const { __proto__: value, ...rest } = sql.exec('SELECT 1 AS "constructor", 2 AS ""').one();
    const row = sql.exec('SELECT 3 AS "__proto__"').one();
    return [rest, Object.entries(row), Object.getPrototypeOf(row) === Object.prototype];`,
    [{ constructor: 1, "": 2 }, [["__proto__", 3]], true],
  );

  returns(
    "have values of JavaScript",
    `const row = sql.exec("SELECT 7, 9007199254740993, 1.5, 'é€𝄞', x'0102', NULL, 1e400, ''").raw().toArray()[0];
    return row.map((value) => (value instanceof ArrayBuffer ? [...new Uint8Array(value)] : value));`,
    [7, 9007199254740992, 1.5, "é€𝄞", [1, 2], null, null, ""],
  );
});

describe("the values of parameters", () => {
  returns(
    "are numbers as REAL, texts, buffers and NULL",
    `const kinds = sql.exec(
      "SELECT typeof(?), typeof(?), typeof(?), typeof(?), typeof(?), typeof(?), hex(?)",
      1, "x", null, undefined, new ArrayBuffer(2), new Uint8Array(1), new Uint8Array([0, 1, 2]).subarray(1),
    );
    return kinds.raw().toArray()[0];`,
    ["real", "text", "null", "null", "blob", "blob", "0102"],
  );

  returns(
    "become integers by the affinity of a column",
    `sql.exec("CREATE TABLE n (a INTEGER, b)");
    sql.exec("INSERT INTO n VALUES (?, ?)", 5, 5);
    return sql.exec("SELECT typeof(a) AS a, typeof(b) AS b FROM n").one();`,
    { a: "integer", b: "real" },
  );

  returns(
    "are texts when they are anything else, but not big integers",
    `return [
      sql.exec("SELECT ?, ?, ?", true, { a: 1 }, [1, 2]).raw().toArray()[0],
      await attempt(() => sql.exec("SELECT ?", 1n)),
      await attempt(() => sql.exec("SELECT ?", Symbol())),
    ];`,
    [
      ["true", "[object Object]", "1,2"],
      "TypeError: Cannot convert a BigInt value to a number",
      "TypeError: Cannot convert a Symbol value to a string",
    ],
  );

  returns(
    "are as many as there are parameters",
    `const wrong = ["SELECT ?", "SELECT ?1, ?3", "SELECT 1"].map((text) => attempt(() => sql.exec(text, 1, 2)));
    return [await Promise.all(wrong), sql.exec("SELECT ?2 || ?1 || ?2", "a", "b").raw().toArray()];`,
    [Array(3).fill("Error: Wrong number of parameter bindings for SQL query."), [["bab"]]],
  );
});

describe("a text", () => {
  returns(
    "may have several statements, of which the last one has the parameters and the rows",
    `const last = sql.exec("CREATE TABLE t (a); INSERT INTO t VALUES ('x'), ('y'); SELECT a || ? AS a FROM t; -- the end", "!");
    return [
      last.toArray(),
      await attempt(() => sql.exec("INSERT INTO t VALUES (?); SELECT ?", 1)),
      await attempt(() => sql.exec("INSERT INTO t VALUES ('z'); SELEC")),
      sql.exec("SELECT count(*) AS n FROM t").one(),
    ];`,
    [
      [{ a: "x!" }, { a: "y!" }],
      "Error: When executing multiple SQL statements in a single call, only the last statement can have parameters.",
      'Error: near "SELEC": syntax error at offset 0: SQLITE_ERROR',
      { n: 3 },
    ],
  );

  returns(
    "has a statement",
    `return Promise.all(["", " -- x", ";", undefined].map((text) => attempt(() => sql.exec(text))));`,
    [
      ...Array(3).fill("Error: SQL code did not contain a statement."),
      'Error: near "undefined": syntax error at offset 0: SQLITE_ERROR',
    ],
  );

  returns(
    "that is wrong is an error with the text of SQLite",
    `${TABLE}
    const texts = ["SELECT * FROM missing", "INSERT INTO t VALUES (1, 'x')", "INSERT INTO t VALUES (9, 'a')"];
    return Promise.all(texts.map((text) => attempt(() => sql.exec(text))));`,
    [
      "Error: no such table: missing: SQLITE_ERROR",
      "Error: UNIQUE constraint failed: t.id: SQLITE_CONSTRAINT (extended: SQLITE_CONSTRAINT_PRIMARYKEY)",
      "Error: UNIQUE constraint failed: t.name: SQLITE_CONSTRAINT (extended: SQLITE_CONSTRAINT_UNIQUE)",
    ],
  );

  returns(
    "cannot leave its database, nor use the names of the runtime",
    `await storage.put("key", 1);
    const texts = ["ATTACH ':memory:' AS a", "DETACH a", "PRAGMA journal_mode", "CREATE TEMP TABLE a (b)",
      "CREATE TABLE _cf_a (b)", "SELECT key FROM _CF_KV", "DROP TABLE _cf_KV", "PRAGMA table_info(_cf_KV)"];
    const refused = await Promise.all(texts.map((text) => attempt(() => sql.exec(text))));
    return [new Set(refused.map((text) => /(not authorized|prohibited)/.exec(text)?.[1])).size, await storage.get("key"),
      /^Error: To execute a transaction, please use/.test(await attempt(() => sql.exec("BEGIN")))];`,
    [2, 1, true],
  );

  returns(
    "has full-text search, JSON and mathematics",
    `sql.exec("CREATE VIRTUAL TABLE f USING fts5(a); INSERT INTO f VALUES ('one two'), ('three')");
    return sql.exec("SELECT (SELECT a FROM f WHERE f MATCH 'two') AS a, json_extract('[7]', '$[0]') AS b, sqrt(16) AS c").one();`,
    { a: "one two", b: 7, c: 4 },
  );

  returns(
    "has the limits of Workers",
    `const many = (count, what) => Array(count).fill(what).join();
    const texts = ["SELECT " + many(101, "1"), "SELECT '" + "x".repeat(100_000) + "'", "SELECT zeroblob(2200001)"];
    return [
      await Promise.all(texts.map((text) => attempt(() => sql.exec(text)))),
      await attempt(() => sql.exec("SELECT " + many(101, "?"), ...Array(101).fill(1))),
    ];`,
    [
      [
        "Error: too many columns in result set: SQLITE_ERROR",
        "Error: statement too long: SQLITE_TOOBIG",
        "Error: string or blob too big: SQLITE_TOOBIG",
      ],
      "Error: too many SQL variables at offset 207: SQLITE_ERROR",
    ],
  );
});

describe("a database", () => {
  returns(
    "has a size, which grows and shrinks",
    `const sizes = [sql.databaseSize];
    sql.exec("CREATE TABLE t (a)");
    sizes.push(sql.databaseSize);
    sql.exec("INSERT INTO t VALUES (?)", "x".repeat(100_000));
    sizes.push(sql.databaseSize);
    sql.exec("DELETE FROM t");
    return [...sizes.map((size) => size % 4096), sizes[0] < sizes[1], sizes[1] < sizes[2], sql.databaseSize < sizes[2]];`,
    [0, 0, 0, true, true, true],
  );

  returns(
    "has classes for instanceof, which construct nothing",
    `const cursor = sql.exec("SELECT 1");
    return [cursor instanceof sql.Cursor, await attempt(() => new sql.Cursor()), await attempt(() => new sql.Statement()),
      String(sql)];`,
    [true, "TypeError: Illegal constructor", "TypeError: Illegal constructor", "[object SqlStorage]"],
  );

  test("is that of one object", async (t) => {
    const mf = withSql(
      t,
      `sql.exec("CREATE TABLE t (a)"); return sql.exec("SELECT name FROM sqlite_schema").toArray();`,
    );
    const namespace = await mf.getDurableObjectNamespace("BOX");
    const ask = async (name) => (await namespace.get(namespace.idFromName(name)).fetch("http://localhost/")).json();
    for (const name of ["a", "b"]) assert.deepEqual(await ask(name), [{ name: "t" }]);
  });
});
