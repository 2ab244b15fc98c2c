// `reset()` deletes what all bindings have stored, wherever that is, and resets the objects.

import { describe } from "node:test";
import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import { json, rejection, text } from "../support/dispatch.mjs";
import { folder } from "../support/files.mjs";
import { known, open, withRoom } from "../support/hibernation.mjs";
import { create, Response } from "../support/miniflare.mjs";
import { redis } from "../support/redis.mjs";
import { test } from "../support/test.mjs";

/** A time of alarms that none reaches. */
const FAR = 8e14;

const script = `
class Plain {
  constructor(state) { this.state = state; this.storage = state.storage; this.count = 0; }
  async fetch(request) {
    const { pathname, searchParams } = new URL(request.url);
    if (pathname === "/wait") await new Promise(() => {});
    if (pathname === "/put") await this.put(searchParams.get("value"));
    return Response.json([++this.count, await this.storage.get("key") ?? null, await this.storage.getAlarm(), await this.more()]);
  }
  async put(value) {
    await this.storage.put("key", value);
    await this.storage.setAlarm(${FAR});
  }
  more() {}
  alarm() {}
}
export class Box extends Plain {}
export class Base extends Plain {
  async put(value) {
    this.storage.sql.exec("CREATE TABLE IF NOT EXISTS t (a)");
    this.storage.sql.exec("INSERT INTO t VALUES (?)", value);
    await super.put(value);
  }
  more() { return this.storage.sql.exec("SELECT name FROM sqlite_schema WHERE name NOT LIKE '\\\\_cf\\\\_%' ESCAPE '\\\\'").raw().toArray(); }
}
export default { fetch(request, env) {
  const { searchParams } = new URL(request.url);
  const binding = env[searchParams.get("binding") ?? "BOX"];
  return binding.getByName(searchParams.get("name") ?? "a").fetch(request);
} };`;

const OPTIONS = {
  modules: true,
  script,
  durableObjects: { BOX: "Box", BASE: { className: "Base", useSQLite: true } },
  kvNamespaces: ["KV"],
  r2Buckets: ["BUCKET"],
  d1Databases: ["DB"],
  queueBindings: [{ name: "QUEUE", queueName: "queue" }],
  queueConsumers: [{ queueName: "queue" }],
};

const KEPT = { headers: { "cache-control": "max-age=3600" } };
const URL_ = "http://localhost/";

/** Stores something in each room. */
async function putAll(mf, value = "1") {
  for (const binding of ["BOX", "BASE"]) await json(mf, `${URL_}put?binding=${binding}&value=${value}`);
  await (await mf.getKVNamespace("KV")).put("key", value, { metadata: { value } });
  await (await mf.getR2Bucket("BUCKET")).put("key", value);
  await (await mf.getCaches()).default.put(URL_, new Response(value, KEPT));
  await (await (await mf.getCaches()).open("named")).put(URL_, new Response(value, KEPT));
  const db = await mf.getD1Database("DB");
  await db.exec("CREATE TABLE IF NOT EXISTS t (a)");
  await db.prepare("INSERT INTO t VALUES (?)").bind(value).run();
}

/** What each room has stored; objects are not constructed for that. */
async function readAll(mf) {
  const ids = [];
  for (const binding of ["BOX", "BASE"]) {
    ids.push((await mf.listDurableObjectIds(await mf.getDurableObjectNamespace(binding))).length);
  }
  const caches = await mf.getCaches();
  const bucket = await mf.getR2Bucket("BUCKET");
  const db = await mf.getD1Database("DB");
  const tables = await db.prepare("SELECT name FROM sqlite_schema").raw();
  const rows = tables.length === 0 ? null : await db.prepare("SELECT a FROM t").raw();
  const storages = [];
  for (const binding of ["BOX", "BASE"]) {
    const namespace = await mf.getDurableObjectNamespace(binding);
    const storage = await mf.getDurableObjectStorage(namespace.idFromName("a"));
    storages.push([(await storage.get("key")) ?? null, await storage.getAlarm()]);
  }
  return {
    ids,
    storages,
    kv: (await (await mf.getKVNamespace("KV")).list()).keys.map(({ name, metadata }) => [name, metadata.value]),
    r2: (await bucket.list()).objects.map(({ key, size }) => [key, size]),
    caches: [await caches.default.match(URL_), await (await caches.open("named")).match(URL_)].map(Boolean),
    rows,
  };
}

const FULL = (value = "1") => ({
  ids: [1, 1],
  storages: [
    [value, FAR],
    [value, FAR],
  ],
  kv: [["key", value]],
  r2: [["key", 1]],
  caches: [true, true],
  rows: [[value]],
});
const EMPTY = {
  ids: [0, 0],
  storages: [
    [null, null],
    [null, null],
  ],
  kv: [],
  r2: [],
  caches: [false, false],
  rows: null,
};

const PERSIST = ["durableObjectsPersist", "kvPersist", "r2Persist", "cachePersist", "d1Persist"];
const PLACES = {
  "in memory": () => ({}),
  "in folders": (t) => Object.fromEntries(PERSIST.map((name) => [name, folder(t)])),
  "in one folder, synced": (t) => {
    const one = folder(t);
    return { ...Object.fromEntries(PERSIST.map((name) => [name, one])), durability: "sync" };
  },
  "on a Redis server, and D1 databases and buckets in folders": async (t) => {
    const { url } = await redis(t);
    return {
      ...Object.fromEntries(["durableObjectsPersist", "kvPersist", "cachePersist"].map((name) => [name, url])),
      ...Object.fromEntries(["r2Persist", "d1Persist"].map((name) => [name, folder(t)])),
    };
  },
};

for (const [where, place] of Object.entries(PLACES)) {
  describe(`what is stored ${where}`, () => {
    test("is deleted, for other instances too, and stored again", async (t) => {
      const options = { ...OPTIONS, ...(await place(t)) };
      const mf = create(t, options);
      await putAll(mf);
      assert.deepEqual(await readAll(mf), FULL());
      await mf.reset();
      assert.deepEqual(await readAll(mf), EMPTY);
      await mf.reset();
      assert.deepEqual(await json(mf, `${URL_}?binding=BOX`), [1, null, null, null]);
      assert.deepEqual(await json(mf, `${URL_}?binding=BASE`), [1, null, null, []]);
      await putAll(mf, "2");
      assert.deepEqual(await readAll(mf), FULL("2"));
      await mf.dispose();
      if (where === "in memory") return;
      const again = create(t, options);
      assert.deepEqual(await readAll(again), FULL("2"));
      await again.reset();
      await again.dispose();
      assert.deepEqual(await readAll(create(t, options)), EMPTY);
    });

    test("is deleted by an instance that has not used it", async (t) => {
      const options = { ...OPTIONS, ...(await place(t)) };
      const mf = create(t, options);
      await putAll(mf);
      if (where !== "in memory") await mf.dispose();
      const other = where === "in memory" ? mf : create(t, options);
      await other.reset();
      assert.deepEqual(await readAll(other), EMPTY);
    });

    test("is brought back by a snapshot of before, as often as it is deleted", async (t) => {
      const options = { ...OPTIONS, ...(await place(t)) };
      const first = create(t, options);
      await putAll(first);
      if (where !== "in memory") await first.dispose();
      // Databases that the instance has not opened are brought back as well.
      const mf = where === "in memory" ? first : create(t, options);
      const restore = await mf.snapshotStorage();
      for (let round = 0; round < 2; round++) {
        await mf.reset();
        assert.deepEqual(await readAll(mf), EMPTY);
        await restore();
        assert.deepEqual(await readAll(mf), FULL());
      }
    });
  });
}

describe("the objects", () => {
  test("are reset: what waits for them is rejected, and their memory is gone", async (t) => {
    const mf = create(t, OPTIONS);
    assert.equal((await json(mf))[0], 1);
    const waiting = mf.dispatchFetch("http://localhost/wait");
    assert.equal((await json(mf))[0], 2);
    await mf.reset();
    const error = await rejection(waiting);
    assert.deepEqual([error.message, error.remote], ["Application called deleteAllDurableObjects().", true]);
    assert.equal((await json(mf))[0], 1);
  });

  test("do not write any more what they have begun", async (t) => {
    const mf = create(t, {
      ...OPTIONS,
      script: `export class Box {
        constructor(state) { this.storage = state.storage; }
        async fetch() { await new Promise(resolve => setTimeout(resolve, 1000)); await this.storage.put("key", "late"); return new Response(); }
      }
      export class Base extends Box {}
      export default { fetch: (request, env) => env.BOX.getByName("a").fetch(request) }`,
    });
    await mf.clock.set(0);
    const late = mf.dispatchFetch(URL_);
    await mf.clock.advance(1);
    await mf.reset();
    await rejection(late);
    await mf.clock.advance(10_000);
    assert.deepEqual(await mf.listDurableObjectIds(await mf.getDurableObjectNamespace("BOX")), []);
  });

  test("lose their sockets", async (t) => {
    const mf = withRoom(t, "");
    const sockets = [await open(mf), await open(mf)];
    await mf.evictAllDurableObjects();
    await mf.reset();
    assert.deepEqual(await Promise.all(sockets.map(({ until }) => until(1))), [[1006], [1006]]);
    assert.deepEqual((await known(mf)).sockets, []);
  });

  test("get no alarm that was set", async (t) => {
    const alarms = [];
    const mf = create(t, {
      modules: true,
      bindings: { note: (name) => void alarms.push(name) },
      durableObjects: { BOX: "Box", BASE: { className: "Box", useSQLite: true } },
      script: `export class Box {
        constructor(state, env) { this.state = state; this.env = env; }
        async fetch() { await this.state.storage.setAlarm(5000); return new Response(); }
        alarm() { return this.env.note(this.state.id.name); }
      }
      export default { async fetch(request, env) {
        const name = new URL(request.url).pathname;
        await env.BOX.getByName(name).fetch(request);
        return env.BASE.getByName(name).fetch(request);
      } }`,
    });
    await mf.clock.set(0);
    await text(mf, "http://localhost/before");
    await mf.reset();
    await mf.clock.advance(4000);
    await text(mf, "http://localhost/after");
    await mf.clock.advance(4000);
    assert.equal(await mf.flushDurableObjectAlarms(), 0);
    assert.deepEqual(alarms, ["/after", "/after"]);
  });

  for (const [where, more] of Object.entries({
    memory: () => ({}),
    folder: (t) => ({ durableObjectsPersist: folder(t) }),
  })) {
    test(`cannot go back to what was before, in a ${where}`, async (t) => {
      const options = { ...OPTIONS, ...more(t) };
      const mf = create(t, options);
      await putAll(mf);
      const id = (await mf.getDurableObjectNamespace("BASE")).idFromName("a");
      const storage = await mf.getDurableObjectStorage(id);
      const before = await storage.getCurrentBookmark();
      await storage.put("key", "2");
      await storage.onNextSessionRestoreBookmark(before);
      await mf.reset();
      const fresh = await mf.getDurableObjectStorage(id);
      assert.equal(await fresh.get("key"), undefined);
      assert.match((await rejection(fresh.onNextSessionRestoreBookmark(before))).message, /Invalid bookmark/);
      const now = await fresh.getCurrentBookmark();
      await fresh.put("key", "3");
      await fresh.onNextSessionRestoreBookmark(now);
      await mf.evictDurableObject(id);
      assert.equal(await (await mf.getDurableObjectStorage(id)).get("key"), undefined);
      const { durableObjectsPersist } = options;
      if (durableObjectsPersist === undefined) return;
      const states = () =>
        fs.readdirSync(path.join(durableObjectsPersist, "sqlite")).filter((file) => file.includes("history"));
      assert.notDeepEqual(states(), []);
      await mf.reset();
      assert.deepEqual(states(), []);
    });
  }
});

for (const [where, more] of Object.entries({ memory: () => ({}), folder: (t) => ({ queuesPersist: folder(t) }) })) {
  test(`messages of queues are not delivered any more, in a ${where}`, async (t) => {
    const got = [];
    const mf = create(t, {
      modules: true,
      queueBindings: [{ name: "QUEUE", queueName: "queue" }],
      queueConsumers: [{ queueName: "queue" }],
      bindings: { note: (bodies) => void got.push(...bodies) },
      script: `export default { queue: (batch, env) => env.note(batch.messages.map(({ body }) => body)) }`,
      ...more(t),
    });
    const { QUEUE } = await mf.getBindings();
    await mf.clock.set(0);
    await QUEUE.send("before", { delaySeconds: 10 });
    await mf.reset();
    await QUEUE.send("after", { delaySeconds: 20 });
    await mf.clock.advance(60_000);
    assert.deepEqual(got, ["after"]);
  });
}

test("rate limits, data points and secrets are forgotten", async (t) => {
  const mf = create(t, {
    modules: true,
    ratelimits: { RATE: { simple: { limit: 1, period: 60 } } },
    analyticsEngineDatasets: { EVENTS: { dataset: "events" } },
    secretsStoreSecrets: { SECRET: { store_id: "store", secret_name: "name" } },
    script: `export default { async fetch(request, env) {
      env.EVENTS.writeDataPoint({ doubles: [1] });
      const { success } = await env.RATE.limit({ key: "a" });
      return Response.json([success, await env.SECRET.get().catch(() => null)]);
    } }`,
  });
  const secrets = await mf.getSecretsStore("store");
  await secrets.put("name", "value");
  assert.deepEqual(
    [await json(mf), await json(mf)],
    [
      [true, "value"],
      [false, "value"],
    ],
  );
  await mf.reset();
  assert.deepEqual(await mf.getAnalyticsDataPoints(), []);
  assert.deepEqual(await json(mf), [true, null]);
  await secrets.put("name", "again");
  assert.deepEqual(await json(mf), [false, "again"]);
});

test("objects of mounts are reset, and what they have stored is deleted", async (t) => {
  const mf = create(t, {
    ...OPTIONS,
    mounts: { other: { modules: true, script, durableObjects: { OTHER: "Box" }, kvNamespaces: ["NS"] } },
  });
  const other = await mf.getMount("other");
  await (await other.getKVNamespace("NS")).put("key", "1");
  const stub = (await other.getDurableObjectNamespace("OTHER")).idFromName("a");
  await (await other.getDurableObjectStorage(stub)).put("key", "1");
  await other.reset();
  assert.equal(await (await mf.getKVNamespace("NS")).get("key"), null);
  assert.equal(await (await other.getDurableObjectStorage(stub)).get("key"), undefined);
});

describe("nothing is deleted", () => {
  test("when two Redis servers have to change for it", async (t) => {
    const [kv, objects] = [await redis(t), await redis(t)];
    const mf = create(t, { ...OPTIONS, kvPersist: kv.url, durableObjectsPersist: objects.url });
    await putAll(mf);
    assert.match((await rejection(mf.reset())).message, /two Redis servers cannot change in one step/);
    assert.deepEqual(await readAll(mf), FULL());
  });

  test("when a server refuses it", async (t) => {
    const server = await redis(t);
    const mf = create(t, { ...OPTIONS, kvPersist: server.url, durableObjectsPersist: folder(t), d1Persist: folder(t) });
    await putAll(mf);
    await server.command("CONFIG", "SET", "min-replicas-to-write", "1");
    assert.match((await rejection(mf.reset())).message, /NOREPLICAS/);
    await server.command("CONFIG", "SET", "min-replicas-to-write", "0");
    assert.deepEqual(await readAll(mf), FULL());
    await mf.reset();
    assert.deepEqual(await readAll(mf), EMPTY);
  });

  test("by an instance that is disposed of", async (t) => {
    const mf = create(t, OPTIONS);
    await text(mf);
    await mf.dispose();
    assert.match((await rejection(mf.reset())).message, /dispose/);
  });
});
