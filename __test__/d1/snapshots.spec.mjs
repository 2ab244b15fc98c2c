// `snapshotStorage` brings D1 databases back, in memory and in a folder, together with what else is stored.

import { describe } from "node:test";
import assert from "node:assert/strict";
import { json } from "../support/dispatch.mjs";
import { folder } from "../support/files.mjs";
import { create, Miniflare } from "../support/miniflare.mjs";
import { randomOf, seedOf } from "../support/random.mjs";
import { within } from "../support/test.mjs";

const test = within(60_000);
const PLACES = { memory: () => ({}), "a folder": (t) => ({ d1Persist: folder(t) }) };
const SETUP = "CREATE TABLE t (id INTEGER PRIMARY KEY, a)\nCREATE INDEX i ON t (a)\nINSERT INTO t VALUES (1, 'first')";
const rows = async (db) => (await db.prepare("SELECT a FROM t ORDER BY id").raw()).flat();
const insert = (db, value) => db.prepare("INSERT INTO t (a) VALUES (?)").bind(value).run();

for (const [name, place] of Object.entries(PLACES)) {
  describe(`a snapshot of D1 databases in ${name}`, () => {
    test("brings back rows and tables, as often as it is called", async (t) => {
      const mf = create(t, { script: "", ...place(t) });
      const db = await mf.getD1Database("DB");
      await db.exec(SETUP);
      const restore = await mf.snapshotStorage();
      for (let round = 0; round < 3; round++) {
        await insert(db, "second");
        await db.exec("ALTER TABLE t ADD COLUMN b\nCREATE TABLE u (a)\nUPDATE t SET a = 'changed'");
        await restore();
        assert.deepEqual(await rows(db), ["first"]);
        assert.deepEqual((await db.prepare("SELECT * FROM t").raw({ columnNames: true }))[0], ["id", "a"]);
        await assert.rejects(db.prepare("SELECT * FROM u").all(), /no such table: u/);
      }
      assert.equal(await db.prepare("PRAGMA quick_check").first("quick_check"), "ok");
      assert.equal((await insert(db, "again")).meta.last_row_id, 2);
    });

    test("brings back databases that were empty, or not there", async (t) => {
      const mf = create(t, { script: "", ...place(t) });
      const restore = await mf.snapshotStorage();
      const db = await mf.getD1Database("DB");
      await db.exec(SETUP);
      await restore();
      await assert.rejects(rows(db), /no such table: t/);
      await db.exec(SETUP);
      assert.deepEqual(await rows(db), ["first"]);
    });

    test("can be one of many, in any order", async (t) => {
      const mf = create(t, { script: "", ...place(t) });
      const databases = [await mf.getD1Database("A"), await mf.getD1Database("B")];
      for (const db of databases) await db.exec(SETUP);
      const random = randomOf(seedOf(t));
      const moments = [];
      const all = () => Promise.all(databases.map(rows));
      for (let step = 0; step < 120; step++) {
        const choice = random();
        const db = databases[Math.floor(random() * 2)];
        if (choice < 0.2) moments.push({ restore: await mf.snapshotStorage(), rows: await all() });
        else if (choice < 0.45 && moments.length > 0) {
          const moment = moments[Math.floor(random() * moments.length)];
          await moment.restore();
          assert.deepEqual(await all(), moment.rows, `step ${step}`);
        } else if (choice < 0.6) await db.batch([db.prepare("DELETE FROM t WHERE id % 3 = 0"), db.prepare("SELECT 1")]);
        else if (choice < 0.7) await rows(db);
        else await insert(db, `step ${step} ${"x".repeat(random() * 5000)}`);
      }
      for (const moment of moments) {
        await moment.restore();
        assert.deepEqual(await all(), moment.rows);
      }
    });

    test("is brought back together with KV and objects", async (t) => {
      const script = `export class Counter {
        constructor(state) { this.storage = state.storage; }
        async fetch(request) {
          if (new URL(request.url).pathname === "/add") await this.storage.put("n", ((await this.storage.get("n")) ?? 0) + 1);
          return Response.json((await this.storage.get("n")) ?? 0);
        }
      }
      export default { async fetch(request, env) {
        const object = await (await env.COUNTER.get(env.COUNTER.idFromName("a")).fetch(request)).json();
        if (new URL(request.url).pathname === "/add") {
          await env.KV.put("n", String(object));
          await env.DB.prepare("INSERT INTO t (a) VALUES (?)").bind(object).run();
        }
        return Response.json([object, await env.KV.get("n"), (await env.DB.prepare("SELECT a FROM t").raw()).flat()]);
      } };`;
      const bound = { kvNamespaces: ["KV"], d1Databases: ["DB"], durableObjects: { COUNTER: "Counter" } };
      const mf = create(t, { modules: true, script, ...bound, ...place(t) });
      await (await mf.getD1Database("DB")).exec("CREATE TABLE t (a)");
      const url = (path) => `http://localhost/${path}`;
      await json(mf, url("add"));
      const restore = await mf.snapshotStorage();
      assert.deepEqual(await json(mf, url("add")), [2, "2", [1, 2]]);
      await restore();
      assert.deepEqual(await json(mf, url("")), [1, "1", [1]]);
    });
  });
}

describe("a snapshot of D1 databases", () => {
  test("in a folder is there for the next process", async (t) => {
    const options = { script: "", d1Persist: folder(t) };
    const first = new Miniflare(options);
    const db = await first.getD1Database("DB");
    await db.exec(SETUP);
    const restore = await first.snapshotStorage();
    await insert(db, "second");
    await restore();
    await insert(db, "third");
    await first.dispose();
    assert.deepEqual(await rows(await create(t, options).getD1Database("DB")), ["first", "third"]);
  });

  test("is of the place that it was taken at", async (t) => {
    const mf = create(t, { script: "" });
    const db = await mf.getD1Database("DB");
    await db.exec(SETUP);
    const restore = await mf.snapshotStorage();
    await mf.setOptions({ d1Persist: folder(t) });
    await assert.rejects(restore(), /The snapshot is of another place/);
  });

  test("holds triggers, views, full-text tables and blobs", async (t) => {
    const mf = create(t, { script: "" });
    const db = await mf.getD1Database("DB");
    await db.batch(
      [
        "CREATE TABLE t (id INTEGER PRIMARY KEY, a)",
        "CREATE VIRTUAL TABLE f USING fts5(a)",
        "CREATE TRIGGER g AFTER INSERT ON t BEGIN INSERT INTO f VALUES (new.a); END",
        "CREATE VIEW v AS SELECT count(*) AS n FROM t",
        "INSERT INTO t (a) VALUES ('one fish')",
        "INSERT INTO t (a) VALUES (zeroblob(100000))",
      ].map((sql) => db.prepare(sql)),
    );
    const restore = await mf.snapshotStorage();
    await db.exec("DROP TRIGGER g\nDROP VIEW v\nDROP TABLE f\nDELETE FROM t");
    await restore();
    await insert(db, "two fish");
    assert.equal(await db.prepare("SELECT n FROM v").first("n"), 3);
    assert.equal(await db.prepare("SELECT count(*) AS n FROM f WHERE f MATCH 'fish'").first("n"), 2);
  });
});
