// Random operations on an object's storage, a key-value namespace and a cache, compared with a model after each: in memory,
// in a folder and on a Redis server, with snapshots, evictions, reloads and disposals in between. MINIFLARE_SEED repeats a run,
// MINIFLARE_MODEL_OPERATIONS says how many there are (20,000 before a release).

import assert from "node:assert/strict";
import { folder } from "../support/files.mjs";
import { Miniflare, Response } from "../support/miniflare.mjs";
import { randomOf, seedOf } from "../support/random.mjs";
import { redis } from "../support/redis.mjs";
import { within } from "../support/test.mjs";

const OPERATIONS = Number(process.env.MINIFLARE_MODEL_OPERATIONS ?? 1500);
const test = within(60_000 + OPERATIONS * 100);

const SCRIPT = `
export class Box {
  constructor(state) { this.storage = state.storage; }
  alarm() {}
  async fetch(request) {
    const { act, args } = await request.json();
    const { storage } = this;
    const acts = {
      put: () => storage.put(...args),
      putAndFail: () => storage.transaction(async (txn) => { await txn.put(...args); throw new Error("undone"); }).catch(() => {}),
      transaction: () => storage.transaction(async (txn) => {
        const [from, to] = args;
        const value = await txn.get(from);
        await txn.delete(from);
        if (value !== undefined) await txn.put(to, value);
      }),
      delete: () => storage.delete(args),
      deleteAll: () => storage.deleteAll(),
      setAlarm: () => storage.setAlarm(...args),
      deleteAlarm: () => storage.deleteAlarm(),
      look: async () => [[...(await storage.list(...args))], await storage.getAlarm()],
    };
    return Response.json((await acts[act]()) ?? null);
  }
}
export default { fetch(request, env) {
  const name = new URL(request.url).pathname;
  return env.BOX.get(env.BOX.idFromName(name)).fetch(request);
} };`;

const KEYS = ["a", "b", "c", "aa", "ab", "é", "\u{1f44b}", "z"];
const OBJECTS = ["one", "two", "three"];
/** Alarms lie so far off that none is due. */
const FAR = 8e12;

const inOrder = (map) => [...map].sort(([left], [right]) => Buffer.compare(Buffer.from(left), Buffer.from(right)));

/** What there should be; plain data, so that it can be cloned. */
const emptyModel = () => ({
  boxes: Object.fromEntries(OBJECTS.map((name) => [name, { entries: new Map(), alarm: null }])),
  kv: new Map(),
  cache: new Map(),
});

class Run {
  constructor(options, random) {
    this.options = options;
    this.random = random;
    this.model = emptyModel();
    this.snapshots = [];
    this.mf = new Miniflare(options);
  }

  pick = (list) => list[Math.floor(this.random() * list.length)];
  value = () => ({ number: Math.floor(this.random() * 1000), text: "x".repeat(this.random() * 100) });

  async box(name, act, ...args) {
    const init = { method: "POST", body: JSON.stringify({ act, args }) };
    return (await this.mf.dispatchFetch(`http://localhost/${name}`, init)).json();
  }

  operations = {
    put: async (name, { entries }) => {
      const [key, value] = [this.pick(KEYS), this.value()];
      entries.set(key, value);
      await this.box(name, "put", key, value);
    },
    putMany: async (name, { entries }) => {
      const many = Object.fromEntries(KEYS.filter(() => this.random() < 0.5).map((key) => [key, this.value()]));
      for (const [key, value] of Object.entries(many)) entries.set(key, value);
      await this.box(name, "put", many);
    },
    putAndFail: (name) => this.box(name, "putAndFail", this.pick(KEYS), this.value()),
    transaction: async (name, { entries }) => {
      const [from, to] = [this.pick(KEYS), this.pick(KEYS)];
      const value = entries.get(from);
      entries.delete(from);
      if (value !== undefined) entries.set(to, value);
      await this.box(name, "transaction", from, to);
    },
    delete: async (name, { entries }) => {
      const keys = KEYS.filter(() => this.random() < 0.3);
      const count = keys.filter((key) => entries.delete(key)).length;
      assert.equal(await this.box(name, "delete", ...keys), count);
    },
    deleteAll: async (name, box) => {
      box.entries.clear();
      box.alarm = null;
      await this.box(name, "deleteAll");
    },
    setAlarm: async (name, box) => {
      box.alarm = FAR + Math.floor(this.random() * 1000);
      await this.box(name, "setAlarm", box.alarm);
    },
    deleteAlarm: async (name, box) => {
      box.alarm = null;
      await this.box(name, "deleteAlarm");
    },
    look: (name) => this.look(name),
    evict: async (name) => {
      const id = (await this.mf.getDurableObjectNamespace("BOX")).idFromName(`/${name}`);
      await this.mf.evictDurableObject(id);
    },
    kvPut: async () => {
      const [key, value] = [this.pick(KEYS), JSON.stringify(this.value())];
      this.model.kv.set(key, value);
      await (await this.mf.getKVNamespace("NS")).put(key, value);
    },
    kvDelete: async () => {
      const key = this.pick(KEYS);
      this.model.kv.delete(key);
      await (await this.mf.getKVNamespace("NS")).delete(key);
    },
    kvLook: () => this.kvLook(),
    cachePut: async () => {
      const [key, value] = [this.pick(KEYS), JSON.stringify(this.value())];
      this.model.cache.set(key, value);
      const response = new Response(value, { headers: { "Cache-Control": "max-age=36000" } });
      await (await this.mf.getCaches()).default.put(urlOf(key), response);
    },
    cacheDelete: async () => {
      const key = this.pick(KEYS);
      assert.equal(await (await this.mf.getCaches()).default.delete(urlOf(key)), this.model.cache.delete(key));
    },
    cacheLook: () => this.cacheLook(),
    snapshot: async () => {
      const restore = await this.mf.snapshotStorage();
      this.snapshots.push({ restore, model: structuredClone(this.model) });
    },
    restore: async () => {
      const snapshot = this.pick(this.snapshots);
      if (snapshot === undefined) return;
      this.model = structuredClone(snapshot.model);
      await snapshot.restore();
    },
    reload: () => this.mf.reload(),
    again: async () => {
      if (this.options.kvPersist === undefined) return;
      await this.mf.dispose();
      this.snapshots = [];
      this.mf = new Miniflare(this.options);
    },
  };

  async look(name) {
    const { entries, alarm } = this.model.boxes[name];
    assert.deepEqual(await this.box(name, "look"), [inOrder(entries), alarm]);
  }

  async kvLook() {
    const namespace = await this.mf.getKVNamespace("NS");
    const { keys } = await namespace.list();
    const found = await Promise.all(keys.map(async ({ name }) => [name, await namespace.get(name)]));
    assert.deepEqual(found, inOrder(this.model.kv));
  }

  async cacheLook() {
    const cache = (await this.mf.getCaches()).default;
    for (const key of KEYS) assert.equal(await (await cache.match(urlOf(key)))?.text(), this.model.cache.get(key));
  }

  async lookAtAll() {
    for (const name of OBJECTS) await this.look(name);
    await this.kvLook();
    await this.cacheLook();
  }
}

const urlOf = (key) => `http://localhost/${encodeURIComponent(key)}`;

/** What is rare among the operations. */
const RARE = new Set(["snapshot", "restore", "reload", "again", "deleteAll", "evict"]);

const places = {
  "in memory": () => undefined,
  "in a folder": (t) => folder(t),
  "on a Redis server": async (t) => (await redis(t)).url,
};

for (const [where, place] of Object.entries(places)) {
  test(`${OPERATIONS} random operations ${where} give what a model gives`, async (t) => {
    const persist = await place(t);
    const seed = seedOf(t);
    const random = randomOf(seed);
    const run = new Run(
      {
        modules: true,
        script: SCRIPT,
        durableObjects: { BOX: "Box" },
        kvNamespaces: ["NS"],
        durableObjectsPersist: persist,
        kvPersist: persist,
        cachePersist: persist,
      },
      random,
    );
    t.after(() => run.mf.dispose());
    const names = Object.keys(run.operations);
    const log = [];
    try {
      while (log.length < OPERATIONS) {
        const operation = run.pick(names);
        if (RARE.has(operation) && random() > 0.1) continue;
        const name = run.pick(OBJECTS);
        log.push(`${operation} ${name}`);
        await run.operations[operation](name, run.model.boxes[name]);
      }
      await run.lookAtAll();
    } catch (error) {
      error.message = `seed ${seed}, after ${log.length} operations (${log.slice(-8).join(", ")}): ${error.message}`;
      throw error;
    }
  });
}
