// Tags: oracle, every-node
// D1 databases of the beta, as Miniflare 2 has them: bindings with the prefix `__D1_BETA__`.

import { describe } from "node:test";
import assert from "node:assert/strict";
import { evaluate } from "../support/dispatch.mjs";
import { create, differs } from "../support/miniflare.mjs";
import { withD1 } from "../support/d1.mjs";
import { within } from "../support/test.mjs";

const test = withD1(within(60_000));

const d1Databases = ["__D1_BETA__DB"];
const SETUP = `const db = env.__D1_BETA__DB;
  const shown = ({ name, message, cause }) => [name, message, cause?.name, cause?.message];
  const caught = async (act) => { try { return await act(); } catch (error) { return shown(error); } };
  const meta = ({ meta: { duration, ...meta } }) => [meta, duration > 0];
  await db.exec("CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT UNIQUE, n REAL, b BLOB)");
  await db.prepare("INSERT INTO t (name, n, b) VALUES (?, ?, ?)").bind("a", 1.5, [1, 255]).run();`;

/** A test of a body that returns; what it returns is given. */
const inWorker = (name, body, expected, options = {}) =>
  test(name, options, async (t) => assert.deepEqual(await evaluate(t, `${SETUP} ${body}`, { d1Databases }), expected));

describe("a D1 statement of the beta", () => {
  inWorker(
    "returns rows and what it has done",
    `const inserted = await db.prepare("INSERT INTO t (name) VALUES ('b'), ('c')").run();
    const selected = await db.prepare("SELECT id, name, n, b FROM t WHERE id < 3 ORDER BY id").all();
    const returned = await db.prepare("UPDATE t SET n = 2 RETURNING id").all();
    return [Object.keys(inserted), ...[inserted, selected, returned].map(meta), inserted.results, selected.results];`,
    [
      ["results", "success", "meta"],
      [{ last_row_id: 3, changes: 2, served_by: "miniflare.db", internal_stats: null }, true],
      [{ last_row_id: 0, changes: 0, served_by: "miniflare.db", internal_stats: null }, true],
      [{ last_row_id: 0, changes: 0, served_by: "miniflare.db", internal_stats: null }, true],
      [],
      [
        { id: 1, name: "a", n: 1.5, b: [1, 255] },
        { id: 2, name: "b", n: null, b: null },
      ],
    ],
  );

  inWorker(
    "refuses in run() what returns rows",
    `return [
      await caught(() => db.prepare("SELECT 1").run()),
      await caught(() => db.prepare("DELETE FROM t RETURNING id").run()),
      await db.prepare("SELECT count(*) AS n FROM t").first("n"),
    ];`,
    [
      ...Array(2).fill([
        ...["Error", "D1_ERROR", "Error"],
        "Error: Error: SQL execute error: Execute returned results - did you mean to call query?",
      ]),
      1,
    ],
  );

  inWorker(
    "returns the first row, or a column of it",
    `return [
      await db.prepare("SELECT id, n FROM t").first(),
      await db.prepare("SELECT id, NULL AS n FROM t").first("n"),
      await db.prepare("SELECT id FROM t WHERE 0").first(),
      await db.prepare("SELECT id FROM t WHERE 0").first("nope"),
      await caught(() => db.prepare("SELECT id FROM t").first("nope")),
      await db.prepare("SELECT id, name FROM t").raw(),
    ];`,
    [{ id: 1, n: 1.5 }, null, null, null, ["Error", "D1_COLUMN_NOTFOUND", "Error", "Column not found"], [[1, "a"]]],
  );

  inWorker(
    "executes the first statement of its text",
    `return [
      await db.prepare("SELECT 1 AS a; SELECT 2 AS a").all().then(({ results }) => results),
      await db.prepare("SELECT ';' AS a -- ; x\\n; SELEC").raw(),
    ];`,
    [[{ a: 1 }], [[";"]]],
  );

  inWorker(
    "binds values by position or by number",
    `return [
      await db.prepare("SELECT ? AS a, ? AS b").bind(1, "x").first(),
      await db.prepare("SELECT ?2 AS a, ?1 AS b").bind(1, "x").first(),
      await db.prepare("SELECT ?1 AS a").bind(1, "x").first(),
      await db.prepare("SELECT 1 AS a").bind(2).first(),
      await db.prepare("SELECT typeof(?1) AS a").bind(1).first("a"),
      await caught(() => db.prepare("SELECT ?, ?").bind(1).all()),
      await caught(() => db.prepare("SELECT ?").bind(1, 2).all()),
      await caught(() => db.prepare("SELECT ?").all()),
      db.prepare("SELECT ?").bind(new Uint8Array([1, 2])).params,
    ];`,
    [
      ...[{ a: 1, b: "x" }, { a: "x", b: 1 }, { a: 1 }, { a: 1 }, "real"],
      ...["few", "many", "few"].map((word) => [
        ...["Error", "D1_ERROR", "Error"],
        `Error: RangeError: Too ${word} parameter values were provided`,
      ]),
      [[1, 2]],
    ],
  );

  inWorker(
    "refuses values that are not of SQL",
    `return Promise.all([true, undefined, 10n, {}, [300]].map((value) => caught(() => db.prepare("SELECT ?").bind(value))));`,
    [
      ["boolean", "true"],
      ["undefined", "undefined"],
      ["bigint", "10"],
      ["object", "[object Object]"],
      ["object", "300"],
    ].map(([type, shown]) => [
      ...["Error", "D1_TYPE_ERROR", "Error"],
      `Type '${type}' not supported for value '${shown}'`,
    ]),
  );

  inWorker(
    "has the errors of Miniflare 2",
    `const failed = (sql) => caught(() => db.prepare(sql).all());
    return [
      await failed("SELEC 1"), await failed("SELECT * FROM nope"), await failed("INSERT INTO t (name) VALUES ('a')"),
      await failed(""), await failed("-- comment"),
    ];`,
    [
      'SqliteError: near "SELEC": syntax error',
      "SqliteError: no such table: nope",
      "SqliteError: UNIQUE constraint failed: t.name",
      "RangeError: The supplied SQL string contains no statements",
      "RangeError: The supplied SQL string contains no statements",
    ].map((text) => ["Error", "D1_ERROR", "Error", `Error: ${text}`]),
  );
});

describe("a D1 database of the beta", () => {
  inWorker(
    "executes batches in one transaction",
    `const insert = db.prepare("INSERT INTO t (name) VALUES (?)");
    const failed = await caught(() => db.batch([insert.bind("b"), insert.bind("a")]));
    const results = await db.batch([insert.bind("c"), db.prepare("SELECT name FROM t ORDER BY name")]);
    return [failed, results.map(({ results }) => results), await db.batch([])];`,
    [
      ["Error", "D1_ERROR", "Error", "Error: SqliteError: UNIQUE constraint failed: t.name"],
      [[], [{ name: "a" }, { name: "c" }]],
      [],
    ],
  );

  inWorker(
    "executes lines",
    `const { count, duration } = await db.exec(" INSERT INTO t (name) VALUES ('b')\\nINSERT INTO t (name) VALUES ('c');\\n");
    return [
      count, duration > 0,
      await caught(() => db.exec("INSERT INTO t (name) VALUES ('d')\\nSELEC")),
      await caught(() => db.exec("")),
      await caught(() => db.exec("SELECT 1\\n\\nSELECT 2")),
      await db.prepare("SELECT name FROM t ORDER BY id").raw(),
    ];`,
    [
      ...[2, true],
      [
        ...["Error", "D1_EXEC_ERROR", "Error"],
        `Error in line 1: INSERT INTO t (name) VALUES ('d'): SqliteError: near "SELEC": syntax error`,
      ],
      ...["", "SELECT 1"].map((line) => [
        ...["Error", "D1_EXEC_ERROR", "Error"],
        `Error in line 1: ${line}: RangeError: The supplied SQL string contains no statements`,
      ]),
      [["a"], ["b"], ["c"]],
    ],
  );

  inWorker(
    "executes all statements of a line",
    `await db.exec("DELETE FROM t; INSERT INTO t (name) VALUES ('b')"); return db.prepare("SELECT name FROM t").raw();`,
    [["b"]],
    differs("it ignores what follows the first statement of a line"),
  );

  inWorker(
    "has a dump",
    `const dump = await db.dump(); return [dump.byteLength, String.fromCharCode(...new Uint8Array(dump, 0, 15))];`,
    [12288, "SQLite format 3"],
  );

  inWorker("is a D1Database", "return [db.constructor.name, db.prepare('').constructor.name];", [
    "D1Database",
    "D1PreparedStatement",
  ]);

  test("may be used outside of requests, as often as one likes", async (t) => {
    const script = `const done = __D1_BETA__DB.prepare("SELECT 1 AS a").first("a");
      addEventListener("fetch", (event) => event.respondWith((async () => {
        for (let count = 0; count < 20; count++) await __D1_BETA__DB.prepare("SELECT 1").all();
        return Response.json(await done);
      })()));`;
    const mf = create(t, { script, d1Databases });
    assert.equal(await (await mf.dispatchFetch("http://localhost/")).json(), 1);
  });

  test("shares its data with the binding without the prefix", differs("it has no such binding"), async (t) => {
    const both = ["__D1_BETA__DB", "DB"];
    const used = await evaluate(t, `${SETUP} return env.DB.prepare("SELECT name FROM t").first();`, {
      d1Databases: both,
    });
    assert.deepEqual(used, { name: "a" });
  });
});
