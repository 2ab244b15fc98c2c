// Random programs over D1 databases of the beta do here what they do on Miniflare 2: rows, meta data, errors. It needs the native
// module that Miniflare 2 uses: see `support/d1.mjs`. MINIFLARE_D1_PROGRAMS says how many programs there are.

import { describe } from "node:test";
import assert from "node:assert/strict";
import path from "node:path";
import { root, runScript } from "../support/child.mjs";
import { hasOracleD1 } from "../support/d1.mjs";
import { json } from "../support/dispatch.mjs";
import { create } from "../support/miniflare.mjs";
import { randomOf, seedOf } from "../support/random.mjs";
import { within } from "../support/test.mjs";

const PROGRAMS = Number(process.env.MINIFLARE_D1_PROGRAMS ?? 20);
const STEPS = 60;
const test = within(180_000);

/** Executes a program, a list of steps, and answers with what came of each. */
const script = `export default { async fetch(request, { __D1_BETA__DB: db }) {
  const outcome = async (act) => {
    try {
      return (await act()) ?? null;
    } catch ({ name, message, cause }) {
      return { name, message, cause: cause?.message };
    }
  };
  const plain = ({ results, success, meta: { duration, ...meta } }) => ({ results, success, meta });
  const prepared = ([sql, values]) => (values.length > 0 ? db.prepare(sql).bind(...values) : db.prepare(sql));
  const STEPS = {
    run: (statement) => prepared(statement).run().then(plain),
    all: (statement) => prepared(statement).all().then(plain),
    raw: (statement) => prepared(statement).raw(),
    first: (statement, column) => prepared(statement).first(column ?? undefined),
    batch: (...statements) => db.batch(statements.map(prepared)).then((results) => results.map(plain)),
    exec: (text) => db.exec(text).then(({ count }) => count),
  };
  const outcomes = [];
  for (const [kind, ...args] of await request.json()) outcomes.push(await outcome(async () => STEPS[kind](...args)));
  return Response.json(outcomes);
} };`;

/** A program: a table, and steps that fill, change and read it, some of them wrong. */
function programOf(random) {
  const one = (list) => list[Math.floor(random() * list.length)];
  const value = () =>
    one([
      () => Math.floor(random() * 10),
      // Versions of SQLite write longer numbers as texts of different lengths.
      () => Number(((random() - 0.5) * 10 ** Math.floor(random() * 10)).toPrecision(6)),
      () => one(["", "a", "B", "it's", "ü 👋", "1", "1e3", " 7 ", "NULL", "a;b", "x".repeat(300)]),
      () => null,
      () => Array.from({ length: Math.floor(random() * 5) }, () => Math.floor(random() * 256)),
      () => -0.5,
    ])();
  const type = () => one(["INTEGER", "REAL", "TEXT", "BLOB", "NUMERIC", ""]);
  const column = () => one(["a", "b", "c"]);
  const expression = () =>
    one([
      () => column(),
      () => `${column()} + ${column()}`,
      () => `${column()} || ?`,
      () => `typeof(${column()})`,
      () => `length(${column()})`,
      () => `upper(${column()})`,
      () => `CAST(${column()} AS ${one(["INTEGER", "REAL", "TEXT", "BLOB"])})`,
      () => `${column()} = ?`,
      () => `coalesce(${column()}, ?)`,
      () => `json_quote(${one(["a", "b"])})`,
      () => `hex(${column()})`,
      () => `nope(${column()})`,
      () => "nope",
      () => "count(*)",
      () => `sum(${column()})`,
      () => `max(${column()}, 1)`,
    ])();
  /** A statement with as many values as it has parameters, or now and then one more or less. */
  const statement = (sql, isExact = false) => {
    const count = sql.split("?").length - 1 + (!isExact && random() < 0.04 ? one([-1, 1]) : 0);
    return [sql, Array.from({ length: Math.max(count, 0) }, value)];
  };
  const select = () =>
    `SELECT ${expression()} AS x, ${expression()} AS y FROM t${one(["", ` WHERE ${expression()}`, " ORDER BY rowid DESC"])} LIMIT ${1 + Math.floor(random() * 4)}`;
  const write = () =>
    one([
      () => "INSERT INTO t (a, b, c) VALUES (?, ?, ?)",
      () => "INSERT OR REPLACE INTO t (id, a) VALUES (?, ?)",
      () => "INSERT INTO t (a) VALUES (?) RETURNING id, a",
      () => "INSERT INTO t (id) VALUES (1)",
      () => `UPDATE t SET ${column()} = ${expression()} WHERE id % 2 = 0`,
      () => `DELETE FROM t WHERE ${column()} = ?`,
      () => "INSERT INTO u SELECT a FROM t ON CONFLICT DO NOTHING",
      () => "CREATE TABLE IF NOT EXISTS v (a)",
      () => "INSERT INTO nope VALUES (?)",
      () => "UPDATE",
    ])();
  const any = () => (random() < 0.5 ? select() : write());
  const line = () =>
    one([
      "INSERT INTO t (a) VALUES ('line')",
      "UPDATE t SET b = 'x' WHERE id = 2;",
      "SELECT * FROM t",
      "DELETE FROM u",
      "SELEC",
      " CREATE TABLE IF NOT EXISTS w (a)",
    ]);
  const step = () =>
    one([
      // Of a statement with two faults, either may be told.
      () => ["run", statement(any(), true)],
      () => ["all", statement(any())],
      () => ["raw", statement(any())],
      () => ["first", statement(select()), one([null, "x", "y", "z"])],
      () => ["batch", ...Array.from({ length: Math.floor(random() * 4) }, () => statement(any()))],
      () => ["exec", Array.from({ length: 1 + Math.floor(random() * 3) }, line).join("\n")],
    ])();
  const create = `CREATE TABLE t (id INTEGER PRIMARY KEY, a ${type()} ${one(["", "UNIQUE"])}, b ${type()}, c ${type()})`;
  const tables = ["exec", `${create}\nCREATE TABLE u (a UNIQUE)\nINSERT INTO t (a) VALUES ('first')`];
  return [tables, ...Array.from({ length: STEPS }, step), ["all", ["SELECT * FROM t ORDER BY id", []]]];
}

const d1Databases = ["__D1_BETA__DB"];
const request = (program) => ({ method: "POST", body: JSON.stringify(program) });

/** What came of the programs on Miniflare 2, in a process of its own. */
async function onMiniflare2(programs) {
  const module = JSON.stringify(path.join(root, "node_modules/miniflare/dist/src/index.js"));
  const source = `import miniflare from ${module};
    const outcomes = [];
    for (const body of ${JSON.stringify(programs.map((program) => JSON.stringify(program)))}) {
      const options = { modules: true, script: ${JSON.stringify(script)}, d1Databases: ${JSON.stringify(d1Databases)} };
      const mf = new miniflare.Miniflare(options);
      outcomes.push(await (await mf.dispatchFetch("http://localhost/", { method: "POST", body })).json());
      await mf.dispose();
    }
    process.stdout.write(JSON.stringify(outcomes));`;
  const { code, stdout, stderr } = await runScript(source, { load: false, nodeArgs: ["--experimental-vm-modules"] });
  assert.equal(code, 0, stderr);
  return JSON.parse(stdout);
}

describe("random programs over a D1 database of the beta", () => {
  const skip = !hasOracleD1 && "Miniflare 2 needs better-sqlite3 8.0.1 in node_modules";
  test(`do what they do on Miniflare 2, ${PROGRAMS} times`, { skip }, async (t) => {
    const random = randomOf(seedOf(t));
    const programs = Array.from({ length: PROGRAMS }, () => programOf(random));
    const theirs = await onMiniflare2(programs);
    for (const [index, program] of programs.entries()) {
      const ours = await json(create(t, { script, d1Databases }), "http://localhost/", request(program));
      for (const [step, outcome] of theirs[index].entries()) {
        const shown = `program ${index}, step ${step}: ${JSON.stringify(program[step])}`;
        assert.deepEqual(ours[step], outcome, shown);
      }
    }
  });
});
