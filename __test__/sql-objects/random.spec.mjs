// Random programs of an object, with transactions in transactions of which some are undone, leave what plain SQLite has after the
// statements that were not undone: a D1 database, in which each is executed by itself. The entries are those of a map.
// MINIFLARE_SQL_PROGRAMS says how many programs there are.

import { describe } from "node:test";
import assert from "node:assert/strict";
import { json } from "../support/dispatch.mjs";
import { folder } from "../support/files.mjs";
import { create } from "../support/miniflare.mjs";
import { randomOf, seedOf } from "../support/random.mjs";
import { BOX } from "../support/sql-objects.mjs";
import { within } from "../support/test.mjs";

const PROGRAMS = Number(process.env.MINIFLARE_SQL_PROGRAMS ?? 15);
const test = within(120_000);

/**
 * A program is a list of steps: `["sql", text, ...values]`, `["put", key, value]`, `["delete", key]`, each with `kv` or the
 * asynchronous methods; `["wait"]`; and `["sync" | "async", end, ...steps]`, where the end is keep, throw or rollback.
 */
const script = `
class Undo extends Error {}
export class Box {
  constructor({ storage }) {
    this.storage = storage;
    storage.sql.exec("CREATE TABLE IF NOT EXISTS t (id INTEGER PRIMARY KEY, name TEXT, n REAL UNIQUE)");
  }
  async fetch(request) {
    for (const step of await request.json()) await this.run(step);
    const rows = this.storage.sql.exec("SELECT * FROM t ORDER BY id").raw().toArray();
    return Response.json([rows, [...(await this.storage.list())], this.storage.sql.exec("PRAGMA quick_check").one().quick_check]);
  }
  simple([kind, first, ...rest]) {
    const { sql, kv } = this.storage;
    // What violates a constraint does so in both databases.
    if (kind === "sql") try { sql.exec(first, ...rest).toArray(); } catch (error) { if (!/CONSTRAINT/.test(error.message)) throw error; }
    if (kind === "put") kv.put(first, rest[0]);
    if (kind === "delete") kv.delete(first);
    if (kind === "sync") this.sync(first, rest);
  }
  sync(end, steps) {
    try {
      this.storage.transactionSync(() => {
        for (const step of steps) this.simple(step);
        if (end !== "keep") throw new Undo();
      });
    } catch (error) { if (!(error instanceof Undo)) throw error; }
  }
  async run(step) {
    const [kind, first, ...rest] = step;
    if (kind === "wait") return scheduler.wait(0);
    if (kind === "put" && rest[1]) return this.storage.put(first, rest[0]);
    if (kind === "delete" && rest[1]) return this.storage.delete(first);
    if (kind !== "async") return this.simple(step);
    try {
      await this.storage.transaction(async (txn) => {
        for (const inner of rest) await this.run(inner);
        if (first === "throw") throw new Undo();
        if (first === "rollback") txn.rollback();
      });
    } catch (error) { if (!(error instanceof Undo)) throw error; }
  }
}
export default { fetch(request, env) { return env.BOX.get(env.BOX.idFromName("a")).fetch(request); } };`;

function program(random, depth = 0, isAsync = true) {
  const below = (most) => Math.floor(random() * most);
  const one = (...choices) => choices[below(choices.length)];
  const steps = [];
  for (let count = 3 + below(8); count > 0; count--) {
    const choice = random();
    const id = below(30);
    if (choice < 0.2 && depth < 3) {
      const kind = isAsync && random() < 0.5 ? "async" : "sync";
      const end = one("keep", "keep", "throw", kind === "async" ? "rollback" : "throw");
      steps.push([kind, end, ...program(random, depth + 1, kind === "async")]);
    } else if (choice < 0.3) steps.push(["put", `key ${id}`, { id, text: "x".repeat(below(3000)) }, random() < 0.5]);
    else if (choice < 0.35) steps.push(["delete", `key ${id}`, undefined, random() < 0.5]);
    else if (choice < 0.4 && isAsync) steps.push(["wait"]);
    else if (choice < 0.7)
      steps.push(["sql", "INSERT OR REPLACE INTO t VALUES (?, ?, ?)", id, "y".repeat(below(5000)), below(60)]);
    else if (choice < 0.8) steps.push(["sql", "INSERT INTO t VALUES (?, ?, ?) RETURNING id", id, null, below(60)]);
    else if (choice < 0.9)
      steps.push(["sql", "UPDATE t SET n = n + 1, name = name || ? WHERE id % 3 = ?", "z", below(3)]);
    else steps.push(["sql", "DELETE FROM t WHERE id > ?", id]);
  }
  return steps;
}

/** The steps that are not undone, in order. */
function kept(steps) {
  return steps.flatMap((step) => {
    if (step[0] !== "sync" && step[0] !== "async") return [step];
    return step[1] === "keep" ? kept(step.slice(2)) : [];
  });
}

for (const [place, options] of Object.entries({
  memory: () => ({}),
  "a folder": (t) => ({ durableObjectsPersist: folder(t) }),
})) {
  describe(`the database of an object in ${place}`, () => {
    test(`has what was not undone, after ${PROGRAMS} random programs`, async (t) => {
      const random = randomOf(seedOf(t));
      const mf = create(t, { script, durableObjects: BOX, ...options(t) });
      const db = await mf.getD1Database("DB");
      await db.exec("CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT, n REAL UNIQUE)");
      const entries = new Map();
      for (let number = 0; number < PROGRAMS; number++) {
        const steps = program(random);
        for (const [kind, first, ...rest] of kept(steps)) {
          if (kind === "put") entries.set(first, rest[0]);
          if (kind === "delete") entries.delete(first);
          if (kind !== "sql") continue;
          await db
            .prepare(first)
            .bind(...rest)
            .run()
            .catch(({ message }) => assert.match(message, /CONSTRAINT/));
        }
        const [rows, list, check] = await json(mf, "http://localhost/", {
          method: "POST",
          body: JSON.stringify(steps),
        });
        const message = `program ${number}: ${JSON.stringify(steps).slice(0, 2000)}`;
        assert.deepEqual(rows, await db.prepare("SELECT * FROM t ORDER BY id").raw(), message);
        const order = ([a], [b]) => (a < b ? -1 : 1);
        assert.deepEqual(list, [...entries].sort(order), message);
        assert.equal(check, "ok");
        if (random() < 0.2) await mf.evictDurableObject((await mf.getDurableObjectNamespace("BOX")).idFromName("a"));
      }
    });
  });
}
