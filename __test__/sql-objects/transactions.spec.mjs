// What objects with a database write together: in a turn, in a transaction, and in a synchronous one.

import { describe } from "node:test";
import assert from "node:assert/strict";
import { json } from "../support/dispatch.mjs";
import { create } from "../support/miniflare.mjs";
import { BOX, withSql } from "../support/sql-objects.mjs";
import { test } from "../support/test.mjs";

const SETUP = `sql.exec("CREATE TABLE IF NOT EXISTS t (id INTEGER PRIMARY KEY)");
const add = (id) => sql.exec("INSERT INTO t VALUES (?)", id);
const ids = () => sql.exec("SELECT id FROM t ORDER BY id").raw().toArray().flat();`;

/** Runs `body` in an object, and compares what it returns. */
const returns = (name, body, expected) =>
  test(name, async (t) => {
    assert.deepEqual(await json(withSql(t, `${SETUP}\n${body}`)), expected);
  });

describe("a synchronous transaction", () => {
  returns(
    "is undone when its closure throws, and so is one within it by itself",
    `const value = storage.transactionSync(() => {
      add(1);
      try { storage.transactionSync(() => { add(2); storage.kv.put("a", 1); throw new Error("inner"); }); } catch {}
      return storage.transactionSync(() => { add(3); return "value"; });
    });
    const error = await attempt(() => storage.transactionSync(() => { add(4); throw new RangeError("outer"); }));
    return [value, error, ids(), storage.kv.get("a") ?? null];`,
    ["value", "RangeError: outer", [1, 3], null],
  );

  returns(
    "ends before what its closure does later",
    `const promise = storage.transactionSync(async () => { add(1); await 0; add(2); throw new Error("late"); });
    return [ids(), await attempt(() => promise), ids()];`,
    [[1], "Error: late", [1, 2]],
  );

  returns(
    "cannot be committed when SQL has rolled it back",
    `sql.exec("CREATE TABLE u (a UNIQUE ON CONFLICT ROLLBACK)");
    await scheduler.wait(1);
    const failed = await attempt(() => storage.transactionSync(() => {
      sql.exec("INSERT INTO u VALUES (1)");
      try { sql.exec("INSERT INTO u VALUES (1)"); } catch {}
    }));
    return [failed, sql.exec("SELECT count(*) AS n FROM u").one().n];`,
    ["Error: Cannot commit transaction due to an earlier SQL critical error", 0],
  );
});

describe("a transaction", () => {
  returns(
    "has SQL, entries and the alarm, whichever way they are written",
    `const at = Date.now() + 1_000_000;
    const { prototype } = this.constructor;
    prototype.alarm ??= () => {};
    const failed = await attempt(() => storage.transaction(async (txn) => {
      add(1);
      await txn.put("a", 1);
      storage.kv.put("b", 1);
      await storage.put("c", 1);
      await scheduler.wait(1);
      throw new Error("no");
    }));
    const none = [ids(), [...(await storage.list()).keys()]];
    await storage.transaction(async (txn) => { add(2); await txn.put("a", 2); storage.kv.put("b", 2); });
    return [failed, none, ids(), [...(await storage.list()).keys()]];`,
    ["Error: no", [[], []], [2], ["a", "b"]],
  );

  returns(
    "can be rolled back, and goes on outside of it",
    `await storage.transaction(async (txn) => { add(1); txn.rollback(); add(2); });
    return [ids(), await attempt(() => storage.transaction((txn) => { txn.rollback(); return txn.get("a"); }))];`,
    [[2], "Error: Cannot get() on rolled back transaction"],
  );

  returns(
    "may be within another, which keeps what is not undone",
    `await storage.transaction(async () => {
      add(1);
      await storage.transaction(async () => { add(2); await scheduler.wait(1); throw new Error(); }).catch(() => {});
      await storage.transaction(async () => { add(3); storage.transactionSync(() => add(4)); });
    });
    await storage.transaction(async () => {
      await storage.transaction(async () => add(5));
      throw new Error();
    }).catch(() => {});
    return ids();`,
    [1, 3, 4],
  );

  returns(
    "waits for another that is not around it",
    `const order = [];
    const run = (id) => storage.transaction(async () => {
      order.push("begin " + id);
      add(id);
      await scheduler.wait(2);
      order.push("end " + id);
      if (id === 1) throw new Error();
    });
    await Promise.allSettled([run(1), run(2), run(3)]);
    return [order, ids()];`,
    [
      ["begin 1", "end 1", "begin 2", "end 2", "begin 3", "end 3"],
      [2, 3],
    ],
  );

  returns(
    "can fetch, and be awaited with what it has fetched",
    `const { status } = await storage.transaction(async () => {
      add(1);
      return await env.SERVICE.fetch("http://localhost/");
    });
    return [status, ids()];`.replace("env.SERVICE.fetch", "(async () => (await scheduler.wait(1), { status: 200 }))"),
    [200, [1]],
  );

  returns(
    "does not contain deleteAll()",
    `await storage.put("a", 1);
    const within = await attempt(() => storage.transaction(() => storage.deleteAll()));
    return [within, await attempt(() => storage.transactionSync(() => storage.deleteAll())), await storage.get("a")];`,
    Array(2).fill("Error: Cannot call deleteAll() within a transaction").concat(1),
  );
});

/** An object whose requests do what their path says. */
const script = `export class Box {
  constructor(state, env) { this.state = state; this.env = env; this.sql = state.storage.sql; this.sql.exec("CREATE TABLE IF NOT EXISTS t (id)"); }
  add(id) { this.sql.exec("INSERT INTO t VALUES (?)", id); }
  async fetch(request) {
    const path = new URL(request.url).pathname.slice(1);
    return Response.json((await this[path]()) ?? null);
  }
  ids() { return this.sql.exec("SELECT id FROM t ORDER BY id").raw().toArray().flat(); }
  throws() { this.add("thrown"); throw new Error("thrown"); }
  async breaks() {
    await this.state.storage.put("a", 1);
    this.add("before");
    await scheduler.wait(1);
    this.state.blockConcurrencyWhile(async () => { this.add("lost"); this.state.storage.put("a", 2); throw new Error("broken"); });
    await scheduler.wait(1000);
  }
  async get() { return [this.ids(), await this.state.storage.get("a")]; }
  async endless() { this.add("endless"); for (;;); }
  held() {
    return this.state.storage.transaction(async () => {
      this.add("held");
      await this.env.told();
    });
  }
  async full() {
    this.sql.exec("CREATE TABLE c (p REFERENCES u (id) DEFERRABLE INITIALLY DEFERRED)");
    this.sql.exec("CREATE TABLE u (id INTEGER PRIMARY KEY)");
    this.add("kept");
    await scheduler.wait(1);
    this.add("undone");
    this.sql.exec("INSERT INTO c VALUES (1)");
  }
}
export default { fetch(request, env) {
  return env.BOX.get(env.BOX.idFromName("a")).fetch(request);
} };`;

const box = (t, options) => create(t, { script, durableObjects: BOX, ...options });
const ask = (mf, path) => json(mf, `http://localhost/${path}`);

describe("what a turn has written", () => {
  test("stays when its handler throws", async (t) => {
    const mf = box(t);
    await assert.rejects(ask(mf, "throws"), /thrown/);
    assert.deepEqual(await ask(mf, "ids"), ["thrown"]);
  });

  test("is undone with the object that breaks", async (t) => {
    const mf = box(t);
    await assert.rejects(ask(mf, "breaks"), /broken/);
    assert.deepEqual(await ask(mf, "get"), [["before"], 1]);
  });

  test("is undone when the turn is ended by its limit", async (t) => {
    const mf = box(t, { cpuLimitMs: 300 });
    assert.deepEqual(await ask(mf, "ids"), []);
    await assert.rejects(ask(mf, "endless"));
    assert.deepEqual(await ask(mf, "ids"), []);
  });

  test("is undone, and the call rejects, when it cannot be committed", async (t) => {
    const mf = box(t);
    await assert.rejects(ask(mf, "full"), /FOREIGN KEY constraint failed/);
    assert.deepEqual(await ask(mf, "ids"), ["kept"]);
  });

  test("is undone with the transaction of an object that is evicted", async (t) => {
    let tell, finish;
    const told = new Promise((resolve) => (tell = resolve));
    const end = new Promise((resolve) => (finish = resolve));
    const mf = box(t, { bindings: { told: () => (tell(), end) } });
    const held = ask(mf, "held");
    held.catch(() => {});
    await told;
    const namespace = await mf.getDurableObjectNamespace("BOX");
    await mf.evictDurableObject(namespace.idFromName("a"));
    assert.deepEqual(await ask(mf, "ids"), []);
    finish();
    await assert.rejects(held, /rolled back before its closure was done/);
    assert.deepEqual(await ask(mf, "ids"), []);
  });
});
