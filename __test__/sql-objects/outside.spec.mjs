// Databases of Durable Objects as Node reaches them: their storage, their objects, and snapshots of all that is stored.

import { describe } from "node:test";
import assert from "node:assert/strict";
import { json } from "../support/dispatch.mjs";
import { folder } from "../support/files.mjs";
import { create } from "../support/miniflare.mjs";
import { randomOf, seedOf } from "../support/random.mjs";
import { BOX } from "../support/sql-objects.mjs";
import { test } from "../support/test.mjs";

const script = `export class Box {
  constructor(state) { this.state = state; this.sql = state.storage.sql; this.sql.exec("CREATE TABLE IF NOT EXISTS t (a)"); }
  async fetch(request) {
    this.sql.exec("INSERT INTO t VALUES (?)", new URL(request.url).pathname);
    return Response.json(this.sql.exec("SELECT a FROM t").raw().toArray().flat());
  }
  rows() { return this.sql.exec("SELECT a FROM t ORDER BY rowid").raw().toArray().flat(); }
  alarm() { this.sql.exec("INSERT INTO t VALUES ('alarm')"); }
}
export default { fetch(request, env) { return env.BOX.get(env.BOX.idFromName("a")).fetch(request); } };`;

const box = (t, options) => create(t, { script, durableObjects: BOX, ...options });
const PLACES = { memory: () => ({}), "a folder": (t) => ({ durableObjectsPersist: folder(t) }) };

async function idOf(mf, name = "a") {
  return (await mf.getDurableObjectNamespace("BOX")).idFromName(name);
}

for (const [place, options] of Object.entries(PLACES)) {
  describe(`an object's database in ${place}`, () => {
    test("can be read and written from Node", async (t) => {
      const mf = box(t, options(t));
      const id = await idOf(mf);
      const storage = await mf.getDurableObjectStorage(id);
      storage.sql.exec("CREATE TABLE t (a); INSERT INTO t VALUES ('node')");
      storage.kv.put("key", { value: 1 });
      assert.deepEqual(await json(mf, "http://localhost/worker"), ["node", "/worker"]);
      assert.deepEqual([...storage.sql.exec("SELECT a FROM t WHERE a <> ?", "x")], [{ a: "node" }, { a: "/worker" }]);
      assert.deepEqual(storage.sql.exec("SELECT a FROM t").raw().toArray(), [["node"], ["/worker"]]);
      assert.deepEqual(storage.kv.get("key"), { value: 1 });
      assert.deepEqual([...storage.kv.list()], [["key", { value: 1 }]]);
      assert.deepEqual(
        new Uint8Array(storage.sql.exec("SELECT ? AS a", new Uint8Array([1, 2])).one().a),
        new Uint8Array([1, 2]),
      );
      assert.throws(() => storage.sql.exec("SELECT nope"), { name: "Error", message: /^no such column: nope/ });
      assert.throws(
        () =>
          storage.transactionSync(() => {
            storage.sql.exec("DELETE FROM t");
            throw new RangeError("undo");
          }),
        RangeError,
      );
      assert.equal(storage.sql.exec("SELECT count(*) AS n FROM t").one().n, 2);
      assert.ok(storage.sql.databaseSize > 0);
    });

    test("is that of an object that a test calls", async (t) => {
      const mf = box(t, options(t));
      const id = await idOf(mf);
      await json(mf, "http://localhost/x");
      const rows = await mf.runWithDurableObject(id, (instance, { storage }) => {
        storage.sql.exec("INSERT INTO t VALUES ('test')");
        return [instance.rows(), storage.sql.exec("SELECT count(*) AS n FROM t").one().n];
      });
      assert.deepEqual(rows, [["/x", "test"], 2]);
      await mf.evictDurableObject(id);
      assert.deepEqual(await json(mf, "http://localhost/y"), ["/x", "test", "/y"]);
    });

    test("has alarms, which are delivered and retried, and found by their objects", async (t) => {
      const mf = box(t, options(t));
      await mf.clock.set(1000);
      const id = await idOf(mf);
      const storage = await mf.getDurableObjectStorage(id);
      await storage.setAlarm(5000);
      await mf.evictDurableObject(id);
      assert.equal(await storage.getAlarm(), 5000);
      assert.equal(await mf.flushDurableObjectAlarms(id, { onlyDue: true }), 0);
      assert.equal(await mf.flushDurableObjectAlarms(id), 1);
      assert.equal(await storage.getAlarm(), null);
      assert.deepEqual(storage.sql.exec("SELECT a FROM t").toArray(), [{ a: "alarm" }]);
      await storage.setAlarm(9000);
      await storage.transaction(async (txn) => {
        await txn.setAlarm(7000);
        txn.rollback();
      });
      assert.equal(await storage.getAlarm(), 9000);
    });

    test("is listed once it has something, and not after deleteAll()", async (t) => {
      const mf = box(t, options(t));
      const id = await idOf(mf);
      const storage = await mf.getDurableObjectStorage(id);
      const listed = async () => (await mf.getDurableObjectIds("BOX")).map(String);
      assert.deepEqual(await listed(), []);
      storage.kv.put("a", 1);
      assert.deepEqual(await listed(), [String(id)]);
      await storage.deleteAll();
      assert.deepEqual(await listed(), []);
      storage.sql.exec("CREATE TABLE t (a)");
      assert.deepEqual(await listed(), [String(id)]);
    });

    test("is brought back by a snapshot, with entries and alarms, as often as it is called", async (t) => {
      const mf = box(t, options(t));
      const id = await idOf(mf);
      const storage = await mf.getDurableObjectStorage(id);
      storage.kv.put("a", 1);
      await storage.setAlarm(8e12);
      await json(mf, "http://localhost/first");
      const restore = await mf.snapshotStorage();
      for (let round = 0; round < 3; round++) {
        const now = await mf.getDurableObjectStorage(id);
        now.sql.exec("DELETE FROM t; CREATE TABLE other (a)");
        now.kv.put("b", 2);
        await now.deleteAlarm();
        const held = now.sql.exec("SELECT 1 UNION ALL SELECT 2");
        held.next();
        const other = await mf.getDurableObjectStorage(await idOf(mf, "b"));
        other.sql.exec("CREATE TABLE t (a); INSERT INTO t VALUES ('new')");
        await restore();
        assert.throws(() => held.next(), /what is stored was replaced/);
        const back = await mf.getDurableObjectStorage(id);
        assert.deepEqual(back.sql.exec("SELECT a FROM t").toArray(), [{ a: "/first" }]);
        assert.throws(() => back.sql.exec("SELECT * FROM other"), /no such table: other/);
        assert.deepEqual([...back.kv.list()], [["a", 1]]);
        assert.equal(await back.getAlarm(), 8e12);
        assert.deepEqual((await mf.getDurableObjectIds("BOX")).map(String), [String(id)]);
      }
      assert.deepEqual(await json(mf, "http://localhost/again"), ["/first", "/again"]);
    });

    test("is one of many that snapshots bring back, in any order", async (t) => {
      const mf = box(t, options(t));
      const ids = [await idOf(mf, "a"), await idOf(mf, "b")];
      const all = () =>
        Promise.all(
          ids.map((id) =>
            mf.runWithDurableObject(id, (_, { storage }) => [...storage.sql.exec("SELECT a FROM t").raw()].flat()),
          ),
        );
      const random = randomOf(seedOf(t));
      const moments = [];
      for (let step = 0; step < 80; step++) {
        const choice = random();
        const id = ids[Math.floor(random() * 2)];
        if (choice < 0.2) moments.push({ restore: await mf.snapshotStorage(), rows: await all() });
        else if (choice < 0.45 && moments.length > 0) {
          const moment = moments[Math.floor(random() * moments.length)];
          await moment.restore();
          assert.deepEqual(await all(), moment.rows, `step ${step}`);
        } else {
          const text = `step ${step} ${"x".repeat(random() * 5000)}`;
          await mf.runWithDurableObject(id, (_, { storage }) => {
            if (choice < 0.6) storage.sql.exec("DELETE FROM t WHERE rowid % 3 = 0");
            storage.sql.exec("INSERT INTO t VALUES (?)", text);
          });
        }
      }
    });
  });
}

describe("a storage that was opened before a reload", () => {
  test("has SQL again once it has waited for the worker", async (t) => {
    const mf = box(t);
    const storage = await mf.getDurableObjectStorage(await idOf(mf));
    storage.kv.put("a", 1);
    await mf.reload();
    assert.throws(() => storage.kv, /await storage\.sync\(\) before/);
    await storage.sync();
    assert.equal(storage.kv.get("a"), 1);
  });
});

describe("storage in a folder", () => {
  test("has the databases that were written before, and their alarms", async (t) => {
    const options = { durableObjectsPersist: folder(t), durableObjectsAlarms: false };
    const first = box(t, options);
    await json(first, "http://localhost/first");
    const storage = await first.getDurableObjectStorage(await idOf(first));
    storage.kv.put("a", 1);
    await storage.setAlarm(1);
    await first.dispose();
    const second = box(t, options);
    assert.equal(await second.flushDurableObjectAlarms(undefined, { onlyDue: true }), 1);
    assert.deepEqual(await json(second, "http://localhost/second"), ["/first", "alarm", "/second"]);
    assert.equal((await second.getDurableObjectStorage(await idOf(second))).kv.get("a"), 1);
  });
});
