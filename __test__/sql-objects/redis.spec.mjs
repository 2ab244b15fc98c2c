// Databases of objects on a Redis server: in memory while an object lives, with the pages that commits have changed on the server
// before a response leaves.

import { describe } from "node:test";
import assert from "node:assert/strict";
import { door } from "../support/child.mjs";
import { json, rejection } from "../support/dispatch.mjs";
import { runAndKill } from "../support/killed.mjs";
import { create, Miniflare } from "../support/miniflare.mjs";
import { randomOf, seedOf } from "../support/random.mjs";
import { redis } from "../support/redis.mjs";
import { BOX } from "../support/sql-objects.mjs";
import { within } from "../support/test.mjs";

const RUNS = Math.ceil(Number(process.env.MINIFLARE_CRASH_RUNS ?? 20) / 4);
const FAR = 8e12;
const test = within(60_000 + RUNS * 20_000);

const script = `export class Box {
  constructor({ storage }) {
    this.storage = storage;
    this.sql = storage.sql;
  }
  alarm() {}
  async fetch(request) {
    const { pathname, searchParams } = new URL(request.url);
    return Response.json((await this[pathname.slice(1)](searchParams.get("value"))) ?? null);
  }
  add(value) {
    this.sql.exec("CREATE TABLE IF NOT EXISTS t (a, b)");
    this.sql.exec("INSERT INTO t VALUES (?, ?)", value, "x".repeat(3000));
    this.storage.kv.put("last", value);
    this.storage.setAlarm(${FAR} + Number(value));
  }
  remove(count) { this.sql.exec("DELETE FROM t WHERE rowid <= (SELECT min(rowid) FROM t) + ?", Number(count) - 1); }
  clear() { return this.storage.deleteAll(); }
  failed(value) {
    this.storage.transactionSync(() => this.add("1" + value));
    throw new Error("after " + value);
  }
  undone(value) {
    return this.storage.transaction(async (txn) => {
      this.add(value);
      txn.rollback();
    });
  }
  async get() {
    const has = this.sql.exec("SELECT 1 FROM sqlite_schema WHERE name = 't'").toArray().length > 0;
    const rows = has ? this.sql.exec("SELECT a FROM t ORDER BY rowid").raw().toArray().flat() : [];
    return [rows, this.storage.kv.get("last") ?? null, await this.storage.getAlarm()];
  }
  bookmark() { return this.storage.getCurrentBookmark(); }
  back(bookmark) { return this.storage.onNextSessionRestoreBookmark(bookmark); }
}
export default { fetch(request, env) { return env.BOX.get(env.BOX.idFromName("a")).fetch(request); } };`;

const optionsOf = (url) => ({ modules: true, script, durableObjects: BOX, durableObjectsPersist: url });
const ask = (mf, what, value = "") => json(mf, `http://localhost/${what}?value=${value}`);
const idOf = async (mf) => (await mf.getDurableObjectNamespace("BOX")).idFromName("a");
const stateOf = (...values) => [values, values.at(-1), FAR + Number(values.at(-1))];

describe("an object with a database on a Redis server", () => {
  test("is there for another instance, with rows, entries and the alarm", async (t) => {
    const { url } = await redis(t);
    const first = create(t, optionsOf(url));
    for (const value of ["1", "2", "3"]) await ask(first, "add", value);
    await first.dispose();
    const second = create(t, optionsOf(url));
    assert.deepEqual(await ask(second, "get"), stateOf("1", "2", "3"));
    const storage = await second.getDurableObjectStorage(await idOf(second));
    assert.equal(storage.sql.exec("SELECT count(*) AS n FROM t").one().n, 3);
    storage.sql.exec("DELETE FROM t WHERE a = '1'");
    await storage.sync();
    assert.deepEqual((await ask(second, "get"))[0], ["2", "3"]);
    await second.dispose();
    const third = create(t, optionsOf(url));
    assert.deepEqual((await ask(third, "get"))[0], ["2", "3"]);
    assert.equal(await third.flushDurableObjectAlarms(), 1);
    assert.equal((await third.getDurableObjectIds("BOX")).length, 1);
    await ask(third, "clear");
    await third.dispose();
    const fourth = create(t, optionsOf(url));
    assert.equal((await fourth.getDurableObjectIds("BOX")).length, 0);
    assert.deepEqual(await ask(fourth, "get"), [[], null, null]);
  });

  test("has what is committed, through evictions, rollbacks and restarts, as in memory", async (t) => {
    const { url } = await redis(t);
    const random = randomOf(seedOf(t));
    const model = create(t, { ...optionsOf(url), durableObjectsPersist: false });
    let mf = create(t, optionsOf(url));
    const both = (what, value) =>
      Promise.all([model, mf].map((one) => ask(one, what, value).catch((error) => error.message)));
    for (let step = 1; step <= 60; step++) {
      const dice = random();
      if (dice < 0.1) {
        await mf.dispose();
        mf = create(t, optionsOf(url));
      } else if (dice < 0.2) await mf.evictDurableObject(await idOf(mf));
      else {
        const [what] = ["add", "add", "add", "add", "failed", "undone", "remove", "clear"].slice(
          Math.floor(random() * 8),
        );
        const value = what === "remove" ? 3 : step;
        const [expected, found] = await both(what, value);
        assert.deepEqual(found, expected, `step ${step}: ${what}`);
      }
      const [expected, found] = await both("get");
      assert.deepEqual(found, expected, `step ${step}`);
    }
  });

  test("is brought back by snapshots and by bookmarks", async (t) => {
    const { url } = await redis(t);
    const mf = create(t, optionsOf(url));
    await ask(mf, "add", "1");
    const restore = await mf.snapshotStorage();
    const bookmark = await ask(mf, "bookmark");
    await ask(mf, "add", "2");
    await restore();
    assert.deepEqual(await ask(mf, "get"), stateOf("1"));
    await ask(mf, "add", "3");
    assert.deepEqual(await ask(mf, "get"), stateOf("1", "3"));
    await ask(mf, "back", bookmark);
    await mf.evictDurableObject(await idOf(mf));
    assert.deepEqual(await ask(mf, "get"), stateOf("1"));
    await mf.dispose();
    const other = create(t, optionsOf(url));
    assert.deepEqual(await ask(other, "get"), stateOf("1"));
    assert.match((await rejection(ask(other, "back", bookmark))).message, /Invalid bookmark/);
  });
});

const writer = (options, first) => `import { writeSync } from "node:fs";
  import { Miniflare } from ${JSON.stringify(door)};
  const mf = new Miniflare(${JSON.stringify(options)});
  for (let number = ${first}; ; number++) {
    await (await mf.dispatchFetch("http://localhost/add?value=" + number)).text();
    writeSync(1, number + "\\n");
  }`;

test(`a process that is killed ${RUNS} times has stored what it was told of, and nothing in part`, async (t) => {
  const { url } = await redis(t);
  const options = optionsOf(url);
  let last = 0;
  for (let run = 0; run < RUNS; run++) {
    const args = ["--input-type=module", "--eval", writer(options, last + 1)];
    const told = (await runAndKill(t, args, { most: 30 })).at(-1);
    const mf = new Miniflare(options);
    const [rows, entry, alarm] = await ask(mf, "get");
    assert.ok(rows.length >= told && rows.length <= told + 1, `run ${run}: ${rows.length}, ${told}`);
    assert.deepEqual([rows, entry, alarm], stateOf(...Array.from(rows, (_, index) => String(index + 1))), `run ${run}`);
    last = rows.length;
    await mf.dispose();
  }
});
