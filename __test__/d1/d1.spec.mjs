// Tags: every-node
// D1 databases as they are in Workers today: statements, results, what is bound, batches, sessions.

import { describe } from "node:test";
import assert from "node:assert/strict";
import { inBothRealms } from "../support/both.mjs";
import { CAUGHT, json } from "../support/dispatch.mjs";
import { folder } from "../support/files.mjs";
import { create } from "../support/miniflare.mjs";
import { test } from "../support/test.mjs";

const d1Databases = ["DB"];
const both = inBothRealms("db", "env.DB", (mf) => mf.getD1Database("DB"), { d1Databases });

/** A table with two rows, and the value that a statement selects. */
const SETUP = `await db.exec("CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT UNIQUE, n REAL, b BLOB)");
  await db.prepare("INSERT INTO t (name, n, b) VALUES (?, ?, ?), ('b', NULL, NULL)").bind("a", 1.5, [1, 255]).run();
  const selected = (expression, ...values) => db.prepare("SELECT " + expression + " AS value").bind(...values).first("value");
  const without = ({ meta: { duration, ...meta }, ...result }) => ({ ...result, meta });`;

describe("a D1 statement", () => {
  both("returns rows as objects", `${SETUP} return (await db.prepare("SELECT * FROM t ORDER BY id").all()).results;`, [
    { id: 1, name: "a", n: 1.5, b: [1, 255] },
    { id: 2, name: "b", n: null, b: null },
  ]);

  both(
    "returns what it has done",
    `${SETUP}
    const inserted = await db.prepare("INSERT INTO t (name) VALUES ('c')").run();
    const returned = await db.prepare("UPDATE t SET n = 2 WHERE id > 1 RETURNING id").run();
    const read = await db.prepare("SELECT id FROM t").run();
    const { duration } = read.meta;
    return [inserted, returned, read].map(without).concat(typeof duration, duration > 0);`,
    [
      {
        success: true,
        results: [],
        meta: {
          ...{ served_by: "miniflare.db", changes: 1, last_row_id: 3, changed_db: true, size_after: 12288 },
          ...{ rows_read: 0, rows_written: 1 },
        },
      },
      {
        success: true,
        results: [{ id: 2 }, { id: 3 }],
        meta: {
          ...{ served_by: "miniflare.db", changes: 2, last_row_id: 3, changed_db: true, size_after: 12288 },
          ...{ rows_read: 2, rows_written: 2 },
        },
      },
      {
        success: true,
        results: [{ id: 1 }, { id: 2 }, { id: 3 }],
        meta: {
          ...{ served_by: "miniflare.db", changes: 0, last_row_id: 3, changed_db: false, size_after: 12288 },
          ...{ rows_read: 3, rows_written: 0 },
        },
      },
      "number",
      true,
    ],
  );

  both(
    "returns the first row, or a column of it",
    `${SETUP} const statement = db.prepare("SELECT id, n FROM t WHERE name = ?");
    return [
      await statement.bind("b").first(), await statement.bind("b").first("id"), await statement.bind("b").first("n"),
      await statement.bind("z").first(), await statement.bind("z").first("nope"),
      await caught(() => statement.bind("b").first("nope")),
    ];`,
    [{ id: 2, n: null }, 2, null, null, null, ["Error", "D1_COLUMN_NOTFOUND: Column not found (nope)"]],
  );

  both(
    "returns rows as arrays, with all columns, and their names if that is wanted",
    `return [
      await db.prepare("SELECT 1 a, 2 a UNION ALL SELECT 3, 4").raw(),
      await db.prepare("SELECT 1 a, x'00' a").raw({ columnNames: true }),
      await db.prepare("SELECT 1 a WHERE 0").raw({ columnNames: true }),
      await db.prepare("SELECT 1 a, 2 a").all().then(({ results }) => results),
    ];`,
    [
      [
        [1, 2],
        [3, 4],
      ],
      [
        ["a", "a"],
        [1, [0]],
      ],
      [["a"]],
      [{ a: 2 }],
    ],
  );

  both(
    "has its text and the values that are bound",
    `const bytes = new Uint8Array([1, 2]);
    const statement = db.prepare("SELECT ?, ?").bind("a", bytes);
    bytes[0] = 9;
    const other = statement.bind(1, null);
    return [statement.statement, statement.params, other.params, db.prepare("SELECT 1").params, await statement.raw()];`,
    ["SELECT ?, ?", ["a", [1, 2]], [1, null], [], [["a", [1, 2]]]],
  );

  both(
    "executes all statements of its text, and returns the rows of the last one",
    `${SETUP}
    const last = await db.prepare("DELETE FROM t; INSERT INTO t (name) VALUES ('c'); SELECT name FROM t WHERE name = ?").bind("c").all();
    const failed = await caught(() => db.prepare("DELETE FROM t; SELEC").run());
    return [last.results, last.meta.changes, failed, await selected("(SELECT count(*) FROM t)")];`,
    [[{ name: "c" }], 3, ["Error", 'D1_ERROR: near "SELEC": syntax error at offset 0: SQLITE_ERROR'], 1],
  );

  both(
    "sees the schema as it is when it is executed",
    `${SETUP} const statement = db.prepare("SELECT * FROM t WHERE id = ?").bind(2);
    await statement.all();
    await db.exec("ALTER TABLE t DROP COLUMN b");
    await db.exec("ALTER TABLE t ADD COLUMN added DEFAULT 'x'");
    return [await statement.raw({ columnNames: true }), await statement.bind(9).raw({ columnNames: true })];`,
    [
      [
        ["id", "name", "n", "added"],
        [2, "b", null, "x"],
      ],
      [["id", "name", "n", "added"]],
    ],
  );
});

describe("values of a D1 database", () => {
  both(
    "go in as JavaScript has them",
    `${SETUP} const typed = (value) => selected("typeof(?1) || ' ' || quote(?1)", value);
    const values = [1, 1.5, -0, NaN, Infinity, "a\\u0000ü👋", "", null, true, false, [1, 2], [], new Uint8Array([1, 255])];
    const buffers = [new Uint8Array([1, 2]).buffer, new Uint16Array([258]), new DataView(new ArrayBuffer(1))];
    return Promise.all([...values, ...buffers].map(typed));`,
    [
      ...["real 1.0", "real 1.5", "real 0.0", "null NULL", "null NULL", "text 'a'", "text ''", "null NULL"],
      ...["real 1.0", "real 0.0", "blob X'0102'", "blob X''", "blob X'01FF'"],
      ...["blob X'0102'", "blob X'0201'", "blob X'00'"],
    ],
  );

  both(
    "come out as JSON can say them",
    `${SETUP} return [
      await selected("9007199254740993"), await selected("1e400"), await selected("-0.0"), await selected("x'0102'"),
      await selected("CAST(x'ff' AS TEXT)"), await selected("'a' || char(0) || 'ü👋'"), await selected("1 = 1"),
    ];`,
    [9007199254740992, null, 0, [1, 2], "\ufffd", "a\0ü👋", 1],
  );

  both(
    "become integers by the type of their column",
    `${SETUP} await db.prepare("INSERT INTO t (id, n) VALUES (?, ?)").bind(7, 7).run();
    return db.prepare("SELECT typeof(id) id, typeof(n) n FROM t WHERE id = 7").first();`,
    { id: "integer", n: "real" },
  );

  both(
    "of other types are refused when they are bound",
    `const statement = db.prepare("SELECT ?");
    return [undefined, 10n, {}, () => 1, [300], ["a"]].map((value) => {
      try {
        statement.bind(value);
      } catch ({ message, cause }) {
        return [message, cause.message];
      }
    });`,
    [
      "Type 'undefined' not supported for value 'undefined'",
      "Type 'bigint' not supported for value '10'",
      "Type 'object' not supported for value '[object Object]'",
      "Type 'function' not supported for value '() => 1'",
      "Type 'object' not supported for value '300'",
      "Type 'object' not supported for value 'a'",
    ].map((text) => [`D1_TYPE_ERROR: ${text}`, text]),
  );

  both(
    "may be named __proto__",
    `return (await db.prepare('SELECT 1 AS "__proto__", 2 AS b').all()).results.map((row) => Object.entries(row));`,
    [
      [
        ["__proto__", 1],
        ["b", 2],
      ],
    ],
  );
});

describe("errors of a D1 database", () => {
  const PARAMETERS = "Wrong number of parameter bindings for SQL query.";
  for (const [sql, text, values = []] of [
    ["SELEC 1", 'near "SELEC": syntax error at offset 0: SQLITE_ERROR'],
    ["SELECT * FROM nope", "no such table: nope: SQLITE_ERROR"],
    ["SELECT nope FROM t", "no such column: nope at offset 7: SQLITE_ERROR"],
    ["SELECT nope()", "no such function: nope at offset 7: SQLITE_ERROR"],
    ["CREATE TABLE", "incomplete input: SQLITE_ERROR"],
    [
      "INSERT INTO t (name) VALUES ('a')",
      "UNIQUE constraint failed: t.name: SQLITE_CONSTRAINT (extended: SQLITE_CONSTRAINT_UNIQUE)",
    ],
    ["SELECT ?", PARAMETERS],
    ["SELECT ?", PARAMETERS, [1, 2]],
    ["SELECT ?1, ?3", PARAMETERS, [1, 2]],
    [
      "SELECT ?; SELECT ?",
      "When executing multiple SQL statements in a single call, only the last statement can have parameters.",
      [1],
    ],
    ["", "No SQL statements detected."],
    [" -- comment", "No SQL statements detected."],
    ["-- comment", "SQL code did not contain a statement."],
    [";", "SQL code did not contain a statement."],
  ]) {
    both(
      `have the text of SQLite: ${JSON.stringify(sql)} with ${values.length} values`,
      `${SETUP} return db.prepare(${JSON.stringify(sql)}).bind(...${JSON.stringify(values)}).all()
        .catch((error) => [error.constructor.name, error.message, error.cause.message]);`,
      ["Error", `D1_ERROR: ${text}`, text],
    );
  }

  both(
    "in exec() name the first line",
    `const failed = (sql) => db.exec(sql).catch(({ message, cause }) => [message, cause.message]);
    return [await failed("SELECT 1\\nSELEC"), await failed(""), await failed("CREATE TABLE\\n t (a)")];`,
    [
      'Error in line 1: SELECT 1: near "SELEC": syntax error at offset 0: SQLITE_ERROR',
      "Error in line 1: : No SQL statements detected.",
      "Error in line 1: CREATE TABLE: incomplete input: SQLITE_ERROR",
    ].map((text) => [`D1_EXEC_ERROR: ${text}`, text]),
  );
});

describe("a batch of a D1 database", () => {
  both(
    "returns the result of each statement",
    `${SETUP} const results = await db.batch([
      db.prepare("INSERT INTO t (name) VALUES (?)").bind("c"),
      db.prepare(""),
      db.prepare("SELECT name FROM t ORDER BY id"),
    ]);
    return results.map(({ results, meta }) => [results, meta.changes, meta.last_row_id]);`,
    [
      [[], 1, 3],
      [[{ name: "a" }, { name: "b" }, { name: "c" }], 0, 3],
    ],
  );

  both(
    "has no effect if one statement fails",
    `${SETUP} const insert = db.prepare("INSERT INTO t (name) VALUES (?)");
    const failed = await caught(() => db.batch([insert.bind("c"), insert.bind("d"), insert.bind("a")]));
    await db.batch([insert.bind("e")]);
    return [failed[1].includes("UNIQUE"), await db.prepare("SELECT name FROM t ORDER BY id").raw()];`,
    [true, [["a"], ["b"], ["e"]]],
  );

  both(
    "defers foreign keys to its end",
    `await db.exec("CREATE TABLE p (id INTEGER PRIMARY KEY)\\nCREATE TABLE c (p REFERENCES p (id))");
    const child = db.prepare("INSERT INTO c VALUES (1)");
    const parent = db.prepare("INSERT INTO p VALUES (1)");
    const defer = db.prepare("PRAGMA defer_foreign_keys = on");
    return [
      (await caught(() => child.run()))[1],
      (await caught(() => db.batch([defer, child])))[1],
      (await db.batch([defer, child, parent])).length,
    ];`,
    [
      ...Array(2).fill(
        "D1_ERROR: FOREIGN KEY constraint failed: SQLITE_CONSTRAINT (extended: SQLITE_CONSTRAINT_FOREIGNKEY)",
      ),
      3,
    ],
  );

  both(
    "takes statements only",
    `return [await caught(() => db.batch([1])), await caught(() => db.batch([])), (await caught(() => db.batch()))[0]];`,
    [
      ["TypeError", "D1Database.batch() takes statements that prepare() returned, got 1 at index 0."],
      ["Error", "D1_ERROR: No SQL statements detected."],
      "TypeError",
    ],
  );
});

describe("exec() of a D1 database", () => {
  both(
    "executes lines in one transaction",
    `${SETUP}
    const { count, duration } = await db.exec("INSERT INTO t (name) VALUES ('c')\\n\\nINSERT INTO t (name) VALUES ('d'); DELETE FROM t WHERE name = 'a'\\n");
    await db.exec("DELETE FROM t\\nSELEC").catch(() => {});
    return [count, duration > 0, await db.prepare("SELECT name FROM t ORDER BY id").raw()];`,
    [2, true, [["b"], ["c"], ["d"]]],
  );
});

describe("a session of a D1 database", () => {
  both(
    "has bookmarks that grow",
    `const marks = [];
    for (const start of [undefined, null, "", "first-primary", "first-unconstrained", " 5 "]) {
      const session = db.withSession(start);
      const before = session.getBookmark();
      await session.prepare("SELECT 1").all();
      const between = session.getBookmark();
      await session.batch([session.prepare("SELECT 1")]);
      marks.push([before, between < session.getBookmark() || between === "5"]);
    }
    return marks;`,
    [
      [null, true],
      [null, true],
      [null, true],
      [null, true],
      [null, true],
      ["5", true],
    ],
  );

  both(
    "shares the data of its database",
    `${SETUP} const session = db.withSession();
    await session.prepare("DELETE FROM t WHERE id = 1").run();
    return db.prepare("SELECT name FROM t").raw();`,
    [["b"]],
  );
});

describe("the dump of a D1 database", () => {
  both(
    "is a file of SQLite",
    `await db.exec("CREATE TABLE t (a)");
    const dump = await db.dump();
    return [Object.prototype.toString.call(dump), String.fromCharCode(...new Uint8Array(dump, 0, 15)), dump.byteLength];`,
    ["[object ArrayBuffer]", "SQLite format 3", 8192],
  );
});

describe("D1 databases", () => {
  const script = `${CAUGHT} export default { async fetch(request, env) {
    const { pathname } = new URL(request.url);
    return Response.json(await caught(() => env.DB.prepare("SELECT " + decodeURIComponent(pathname.slice(1))).raw()));
  } };`;

  test("are the same in the worker, in its mounts and in Node, and survive reloads", async (t) => {
    const insert = `export default { async fetch(request, env) {
      await env.DB.prepare("INSERT INTO t VALUES (?)").bind(new URL(request.url).hostname).run();
      return Response.json((await env.DB.prepare("SELECT a FROM t ORDER BY a").raw()).flat());
    } };`;
    const mount = { modules: true, script: insert, d1Databases, routes: ["mount.test/*"] };
    const mf = create(t, { script: insert, d1Databases, mounts: { mount } });
    await (await mf.getD1Database("DB")).exec("CREATE TABLE t (a)");
    assert.deepEqual(await json(mf, "http://main.test/"), ["main.test"]);
    assert.deepEqual(await json(mf, "http://mount.test/"), ["main.test", "mount.test"]);
    await mf.reload();
    await mf.setOptions({ kvNamespaces: ["KV"] });
    assert.deepEqual(await json(mf, "http://main.test/"), ["main.test", "main.test", "mount.test"]);
    const db = await (await mf.getMount("mount")).getD1Database("DB");
    assert.equal(await db.prepare("SELECT count(*) AS n FROM t").first("n"), 3);
  });

  test("of other names, and of other instances, are others", async (t) => {
    const [first, second] = [create(t, { script: "" }), create(t, { script: "" })];
    await (await first.getD1Database("A")).exec("CREATE TABLE t (a)");
    for (const db of [await first.getD1Database("B"), await second.getD1Database("A")]) {
      await assert.rejects(db.prepare("SELECT * FROM t").all(), /no such table/);
    }
  });

  test("can be used outside of requests", async (t) => {
    const global = `const row = DB.prepare("SELECT 1 AS a").first();
      addEventListener("fetch", (event) => event.respondWith(row.then(Response.json)));`;
    const mf = create(t, { script: global, d1Databases });
    assert.deepEqual(await json(mf), { a: 1 });
    const { DB } = await mf.getBindings();
    await DB.exec("CREATE TABLE t (a)");
    const results = await DB.batch([DB.prepare("INSERT INTO t VALUES (?)").bind(1), DB.prepare("SELECT a FROM t")]);
    assert.deepEqual(results[1].results, [{ a: 1 }]);
  });

  test("cannot be used more often than a request may", async (t) => {
    const often = `export default { async fetch(request, { DB }) {
      const statement = DB.prepare("SELECT 1 AS a");
      for (let count = 0; ; count++) {
        const error = await statement.all().then(() => undefined, ({ message }) => message);
        if (error !== undefined) return Response.json([count, error.split(".")[0]]);
      }
    } };`;
    const limited = create(t, { script: often, d1Databases, internalSubrequestLimit: 7 });
    assert.deepEqual(await json(limited), [7, "Too many API requests by single worker invocation"]);
  });

  test("end statements with the CPU limit of their worker, and the instance goes on", async (t) => {
    const mf = create(t, { script, d1Databases, cpuLimitMs: 100 });
    const endless = "count(*) FROM (WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n)";
    await assert.rejects(json(mf, `http://localhost/${encodeURIComponent(endless)}`), { code: "ERR_CPU_LIMIT" });
    assert.deepEqual(await json(mf, "http://localhost/1"), "nothing thrown");
  });

  test("take no time while a test steers the clock", async (t) => {
    const mf = create(t, { script: "" });
    const db = await mf.getD1Database("DB");
    assert.ok((await db.prepare("SELECT 1").all()).meta.duration > 0);
    await mf.clock.set(new Date("2030-01-01T00:00:00Z"));
    assert.equal((await db.prepare("SELECT 1").all()).meta.duration, 0);
  });

  test("end with their instance", async (t) => {
    const mf = create(t, { script: "" });
    const db = await mf.getD1Database("DB");
    await mf.dispose();
    await assert.rejects(db.prepare("SELECT 1").all(), { code: "ERR_DISPOSED" });
  });

  test("come from wrangler.toml", async (t) => {
    const cwd = folder(t, { "wrangler.toml": '[[d1_databases]]\nbinding = "DB"\ndatabase_id = "x"\n' });
    const worker = `export default { fetch: async (request, env) => Response.json([Object.keys(env), env.DB.constructor.name]) };`;
    const mf = create(t, { script: worker, rootPath: cwd, wranglerConfigPath: true });
    assert.deepEqual(await json(mf), [["DB"], "D1Database"]);
  });
});
