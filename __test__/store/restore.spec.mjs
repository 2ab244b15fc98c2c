// A process is killed while it brings back a snapshot of objects, namespaces and caches that are kept at different places:
// afterwards all of them are as they were before, or all are brought back, in whatever order they are opened.
// MINIFLARE_RESTORE_ROUNDS says how many processes are killed (30 before a release).

import { describe } from "node:test";
import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import { rejection } from "../support/dispatch.mjs";
import { folder } from "../support/files.mjs";
import { create, Miniflare, Response } from "../support/miniflare.mjs";
import { get, keeper, keeperOptions, put } from "../support/persist.mjs";
import { redis } from "../support/redis.mjs";
import { restoreAndKill } from "../support/restore.mjs";
import { within } from "../support/test.mjs";

const ROUNDS = Number(process.env.MINIFLARE_RESTORE_ROUNDS ?? 4);
const test = within(60_000 + ROUNDS * 20_000);

/** So many objects, namespaces and caches. */
const SPACES = 12;
/** So many bytes has a value, unless a place asks for others; 128 KiB is the most that an object takes. */
const BYTES = 20_000;
const MANY_BYTES = 1_500_000;
const NAMES = Array.from({ length: SPACES }, (_, index) => `NS${index}`);

const PERSIST = ["durableObjectsPersist", "kvPersist", "cachePersist"];

/** Where each of the three is kept. */
const PLACES = {
  "in three folders": (t) => Object.fromEntries(PERSIST.map((name) => [name, folder(t)])),
  "in three folders, synced": (t) => ({ ...PLACES["in three folders"](t), durability: "sync" }),
  "in two folders": (t) => {
    const both = folder(t);
    return { durableObjectsPersist: both, kvPersist: folder(t), cachePersist: both };
  },
  "on one Redis server": async (t) => {
    const { url } = await redis(t);
    return Object.fromEntries(PERSIST.map((name) => [name, url]));
  },
  // It is never restarted, so it need not write all of this to its file.
  "on one Redis server, too much for a command": async (t) => {
    const { url } = await redis(t, ["--appendonly", "no"]);
    return Object.fromEntries(PERSIST.map((name) => [name, url]));
  },
  "on a Redis server and in two folders": async (t) => {
    const { url } = await redis(t);
    return { durableObjectsPersist: folder(t), kvPersist: url, cachePersist: folder(t) };
  },
};

const source = (bytes) => `
  const names = ${JSON.stringify(NAMES)};
  const put = {
    durableObjectsPersist: (name, value) =>
      mf.dispatchFetch("http://localhost/put?object=" + name + "&value=" + value),
    kvPersist: async (name, value) => (await mf.getKVNamespace(name)).put("value", value),
    cachePersist: async (name, value) => (await (await mf.getCaches()).open(name)).put("http://localhost/",
      new Response(value, { headers: { "cache-control": "max-age=3600" } })),
  };
  const putAll = (value) => Promise.all(
    names.flatMap((name) => Object.entries(put).map(([kind, put]) =>
      put(name, value.repeat(kind === "durableObjectsPersist" ? ${BYTES} : ${bytes})))));
  await putAll("b");
  const restore = await mf.snapshotStorage();
  await putAll("a");
  const start = performance.now();
  writeSync(1, "restores\\n");
  await restore();
  writeSync(1, performance.now() - start + "\\n");
  setInterval(() => {}, 1000);`;

/** The first character of each value of one kind. */
const READ = {
  durableObjectsPersist: async (mf, name) =>
    (await (await mf.dispatchFetch(`http://localhost/get?object=${name}`)).json()).value,
  kvPersist: async (mf, name) => (await mf.getKVNamespace(name)).get("value"),
  cachePersist: async (mf, name) => (await (await (await mf.getCaches()).open(name)).match("http://localhost/")).text(),
};

async function read(mf, kind) {
  const values = [];
  for (const name of NAMES) values.push((await READ[kind](mf, name))[0]);
  return [...new Set(values)].join("");
}

/** What there is, with one instance for all places or one for each, in this order. */
async function readAll(options, kinds, isApart) {
  const { durability } = options;
  const named = isApart
    ? kinds.map((kind) => [keeperOptions({ durability, [kind]: options[kind] }), [kind]])
    : [[options, kinds]];
  const found = [];
  for (const [places, read_] of named) {
    const mf = new Miniflare(places);
    for (const kind of read_) found.push(await read(mf, kind));
    await mf.dispose();
  }
  return found;
}

// A server forgets a process that was killed after 10 s, which others wait for.
describe("a process that is killed while it brings back a snapshot", { concurrency: 2 }, () => {
  for (const [where, place] of Object.entries(PLACES)) {
    test(`of what is kept ${where} has brought back all or none`, async (t) => {
      const options = keeperOptions({ kvNamespaces: NAMES, ...(await place(t)) });
      const script = source(where.includes("too much") ? MANY_BYTES : BYTES);
      const took = await restoreAndKill(t, script, options);
      assert.deepEqual(await readAll(options, PERSIST, false), ["b", "b", "b"]);
      const rounds = where.includes("Redis") ? Math.ceil(ROUNDS / 3) : ROUNDS;
      for (let round = 0; round < rounds; round++) {
        const milliseconds = Math.random() * 1.2 * took;
        await restoreAndKill(t, script, options, milliseconds);
        const order = [...PERSIST.slice(round % 3), ...PERSIST.slice(0, round % 3)];
        const found = await readAll(options, order, round % 2 === 1);
        t.diagnostic(`killed after ${milliseconds.toFixed(1)} of some ${took.toFixed(1)} ms: ${found[0]}`);
        assert.equal(new Set(found).size, 1, `round ${round}: ${order.map((kind, index) => kind + found[index])}`);
        assert.match(found[0], /^[ab]$/);
      }
    });
  }
});

describe("a snapshot of what is kept at several places", () => {
  test("is brought back everywhere", async (t) => {
    const mf = keeper(t, { kvPersist: folder(t), durableObjectsPersist: folder(t) });
    const [kv, cache] = [await mf.getKVNamespace("KV"), (await mf.getCaches()).default];
    const putAll = (value) =>
      Promise.all([
        put(mf, { a: value }),
        kv.put("a", value),
        cache.put("http://localhost/", new Response(value, { headers: { "cache-control": "max-age=3600" } })),
      ]);
    const getAll = async () => [
      (await get(mf)).a,
      await kv.get("a"),
      await (await cache.match("http://localhost/")).text(),
    ];
    await putAll("1");
    const restore = await mf.snapshotStorage();
    for (const value of ["2", "3"]) {
      await putAll(value);
      await restore();
      assert.deepEqual(await getAll(), ["1", "1", "1"]);
    }
  });

  test("is brought back nowhere when a server refuses it", async (t) => {
    const server = await redis(t);
    const mf = keeper(t, { kvPersist: server.url, durableObjectsPersist: folder(t) });
    const kv = await mf.getKVNamespace("KV");
    await put(mf, { a: "1" });
    await kv.put("a", "1");
    const restore = await mf.snapshotStorage();
    await put(mf, { a: "2" });
    await kv.put("a", "2");
    await server.command("CONFIG", "SET", "min-replicas-to-write", "1");
    assert.match((await rejection(restore())).message, /NOREPLICAS/);
    await server.command("CONFIG", "SET", "min-replicas-to-write", "0");
    assert.deepEqual([(await get(mf)).a, await kv.get("a")], ["2", "2"]);
    await restore();
    assert.deepEqual([(await get(mf)).a, await kv.get("a")], ["1", "1"]);
  });

  test("is refused when two Redis servers have to change for it", async (t) => {
    const [kv, durable] = [await redis(t), await redis(t)];
    const mf = keeper(t, { kvPersist: kv.url, durableObjectsPersist: durable.url });
    const namespace = await mf.getKVNamespace("KV");
    const restore = await mf.snapshotStorage();
    await put(mf, { a: "1" });
    await restore();
    assert.deepEqual(await get(mf), {});
    await put(mf, { a: "1" });
    await namespace.put("a", "1");
    const { message } = await rejection(restore());
    assert.match(message, /two Redis servers cannot change in one step. Store it on one server./);
    for (const { url } of [kv, durable]) assert.ok(message.includes(url), message);
    assert.deepEqual([await get(mf), await namespace.get("a")], [{ a: "1" }, "1"]);
  });

  test("is brought back in all folders or in none when one of them has been deleted", async (t) => {
    const [kvPersist, durableObjectsPersist] = ["kv", "do"].map((name) => path.join(folder(t), name));
    const mf = create(t, keeperOptions({ kvPersist, durableObjectsPersist }));
    const kv = await mf.getKVNamespace("KV");
    await put(mf, { a: "1" });
    await kv.put("a", "1");
    const restore = await mf.snapshotStorage();
    await put(mf, { a: "2" });
    await kv.put("a", "2");
    fs.rmSync(kvPersist, { recursive: true });
    assert.match((await rejection(restore())).message, /was deleted while it was in use/);
    assert.deepEqual(await get(mf), { a: "2" });
  });
});
