// States that the database of a Durable Object is brought back to, by bookmarks: with its entries and its alarm, and at times of
// the instance's clock.

import { describe } from "node:test";
import assert from "node:assert/strict";
import { json, rejection } from "../support/dispatch.mjs";
import { folder } from "../support/files.mjs";
import { create } from "../support/miniflare.mjs";
import { randomOf, seedOf } from "../support/random.mjs";
import { BOX } from "../support/sql-objects.mjs";
import { test } from "../support/test.mjs";

const script = `export class Box {
  constructor(state) {
    this.state = state;
    this.storage = state.storage;
    this.storage.sql.exec("CREATE TABLE IF NOT EXISTS t (a)");
  }
  alarm() {}
  rows() { return this.storage.sql.exec("SELECT a FROM t ORDER BY rowid").raw().toArray().flat(); }
  async fetch(request) {
    const { pathname, searchParams } = new URL(request.url);
    return Response.json((await this[pathname.slice(1)](searchParams.get("value"))) ?? null);
  }
  async add(value) {
    this.storage.sql.exec("INSERT INTO t VALUES (?)", value);
    this.storage.kv.put("last", value);
    this.storage.setAlarm(8e12 + Number(value));
    return this.storage.getCurrentBookmark();
  }
  async get() { return [this.rows(), this.storage.kv.get("last"), await this.storage.getAlarm()]; }
  bookmark() { return this.storage.getCurrentBookmark(); }
  at(time) { return this.storage.getBookmarkForTime(Number(time)); }
  async back(bookmark) { return this.storage.onNextSessionRestoreBookmark(bookmark); }
  async backNow(bookmark) {
    await this.storage.onNextSessionRestoreBookmark(bookmark);
    this.storage.sql.exec("INSERT INTO t VALUES ('lost')");
    this.state.abort("back");
  }
}
export default { fetch(request, env) { return env.BOX.get(env.BOX.idFromName("a")).fetch(request); } };`;

const PLACES = { memory: () => ({}), "a folder": (t) => ({ durableObjectsPersist: folder(t) }) };
const ask = (mf, path, value = "") => json(mf, `http://localhost/${path}?value=${value}`);
const evict = async (mf) => mf.evictDurableObject((await mf.getDurableObjectNamespace("BOX")).idFromName("a"));

for (const [place, options] of Object.entries(PLACES)) {
  describe(`an object's database in ${place}`, () => {
    test("starts its next life from a bookmark, and back", async (t) => {
      const mf = create(t, { script, durableObjects: BOX, ...options(t) });
      const first = await ask(mf, "add", 1);
      const second = await ask(mf, "add", 2);
      assert.ok(first < second, "bookmarks are in the order of states");
      const before = await ask(mf, "get");
      const undo = await ask(mf, "back", first);
      assert.equal(undo, second);
      assert.deepEqual(await ask(mf, "get"), before, "nothing changes until the next life");
      await evict(mf);
      assert.deepEqual(await ask(mf, "get"), [["1"], "1", 8e12 + 1]);
      await ask(mf, "back", undo);
      await evict(mf);
      assert.deepEqual(await ask(mf, "get"), before);
    });

    test("goes back with the object that aborts itself", async (t) => {
      const mf = create(t, { script, durableObjects: BOX, ...options(t) });
      const first = await ask(mf, "add", 1);
      await ask(mf, "add", 2);
      await rejection(ask(mf, "backNow", first));
      assert.deepEqual(await ask(mf, "get"), [["1"], "1", 8e12 + 1]);
    });

    test("goes back to a time of the clock, for 30 days", async (t) => {
      const mf = create(t, { script, durableObjects: BOX, ...options(t) });
      const day = 86_400_000;
      await mf.clock.set(1000 * day);
      const early = await rejection(ask(mf, "at", 999 * day));
      assert.match(early.message, /no bookmark for that time/);
      const bookmarks = [];
      for (let number = 0; number < 3; number++) {
        bookmarks.push(await ask(mf, "add", number));
        await mf.clock.advance(10 * day);
      }
      assert.equal(await ask(mf, "at", 1005 * day), bookmarks[0]);
      assert.equal(await ask(mf, "at", 1010 * day), bookmarks[1]);
      assert.equal(await ask(mf, "at", 1030 * day), bookmarks[2]);
      await mf.clock.advance(15 * day);
      const last = await ask(mf, "add", 3);
      assert.match((await rejection(ask(mf, "back", bookmarks[0]))).message, /Invalid bookmark/);
      await ask(mf, "back", await ask(mf, "at", 1016 * day));
      await evict(mf);
      assert.deepEqual((await ask(mf, "get"))[0], ["0", "1"]);
      assert.ok((await ask(mf, "bookmark")) > last, "going back is a state of its own");
    });

    test("goes back to any of many states", async (t) => {
      const mf = create(t, { script, durableObjects: BOX, ...options(t) });
      const random = randomOf(seedOf(t));
      const states = [];
      for (let step = 0; step < 60; step++) {
        if (random() < 0.6 || states.length === 0) {
          const bookmark = await ask(mf, "add", `${step}`);
          states.push([bookmark, await ask(mf, "get")]);
        } else {
          const [bookmark, state] = states[Math.floor(random() * states.length)];
          await ask(mf, "back", bookmark);
          await evict(mf);
          assert.deepEqual(await ask(mf, "get"), state, `step ${step}`);
        }
      }
    });
  });
}

describe("a bookmark", () => {
  test("is of an object with a database, and known to it", async (t) => {
    const mf = create(t, { script, durableObjects: BOX });
    for (const text of ["x", "00000000-0000ffff-00000000-00000000000000000000000000000000"]) {
      assert.match((await rejection(ask(mf, "back", text))).message, /Invalid bookmark/);
    }
    const plain = `export class Box { constructor(state) { this.storage = state.storage; }
      fetch() { return this.storage.getCurrentBookmark(); } }
      export default { fetch(request, env) { return env.BOX.get(env.BOX.idFromName("a")).fetch(request); } };`;
    const other = create(t, { script: plain, durableObjects: { BOX: "Box" } });
    assert.match((await rejection(ask(other, ""))).message, /not backed by SQL/);
  });

  test("can be taken and used from Node", async (t) => {
    const mf = create(t, { script, durableObjects: BOX });
    await ask(mf, "add", 1);
    const id = (await mf.getDurableObjectNamespace("BOX")).idFromName("a");
    const storage = await mf.getDurableObjectStorage(id);
    const bookmark = await storage.getCurrentBookmark();
    await ask(mf, "add", 2);
    await storage.onNextSessionRestoreBookmark(bookmark);
    await mf.evictDurableObject(id);
    assert.deepEqual((await ask(mf, "get"))[0], ["1"]);
  });
});
