// What is sent to a Redis server: a script once for each connection, and its hash from then on; and servers that have
// forgotten scripts.

import { describe } from "node:test";
import assert from "node:assert/strict";
import { create } from "../support/miniflare.mjs";
import { get, keeper, put } from "../support/persist.mjs";
import { redis } from "../support/redis.mjs";
import { within } from "../support/test.mjs";

const test = within(60_000);

/** How often the server was asked to run scripts: whole ones, and by their hashes. */
async function calls(server) {
  const text = await server.command("INFO", "commandstats");
  const count = (name) => Number(new RegExp(`cmdstat_${name}:calls=(\\d+)`).exec(text)?.[1] ?? 0);
  return { whole: count("eval"), byHash: count("evalsha") };
}

const kv = (t, { url }) =>
  create(t, { script: "export default {}", kvNamespaces: ["NS"], kvPersist: url }).getKVNamespace("NS");

/** Puts values one after the other. */
async function putAll(space, names) {
  for (const name of names) await space.put(name, `value of ${name}`);
}

async function listed(space) {
  const { keys } = await space.list();
  return Object.fromEntries(await Promise.all(keys.map(async ({ name }) => [name, await space.get(name)])));
}

const names = (count, prefix = "") => Array.from({ length: count }, (_, index) => `${prefix}${index}`);
const valuesOf = (all) => Object.fromEntries(all.map((name) => [name, `value of ${name}`]));

describe("a Redis server", () => {
  test("is sent each script once, and then its hash", async (t) => {
    const server = await redis(t);
    const space = await kv(t, server);
    await putAll(space, names(40));
    assert.deepEqual(await listed(space), valuesOf(names(40)));
    const { whole, byHash } = await calls(server);
    // One for each script that was used: writing, listing, and renewing the session.
    assert.ok(whole <= 3, `${whole} whole scripts were sent`);
    assert.ok(byHash >= 40, `${byHash} calls by hash`);
  });

  test("is sent the scripts again when it has forgotten them", async (t) => {
    const server = await redis(t);
    const space = await kv(t, server);
    await putAll(space, names(3, "before-"));
    const before = await calls(server);
    await server.command("SCRIPT", "FLUSH");
    await putAll(space, names(3, "after-"));
    assert.deepEqual(await listed(space), valuesOf([...names(3, "before-"), ...names(3, "after-")]));
    assert.ok((await calls(server)).whole > before.whole);
  });

  test("is sent the scripts again after a restart", async (t) => {
    const server = await redis(t);
    const space = await kv(t, server);
    await putAll(space, names(3, "before-"));
    await server.stop();
    await server.start();
    await putAll(space, names(3, "after-"));
    assert.deepEqual(await listed(space), valuesOf([...names(3, "before-"), ...names(3, "after-")]));
    assert.ok((await calls(server)).whole > 0);
  });

  test("loses no write and no order while it forgets its scripts again and again", async (t) => {
    const server = await redis(t);
    const space = await kv(t, server);
    const writes = [];
    for (let round = 0; round < 20; round++) {
      for (const name of names(10)) writes.push(space.put(name, `${round}`));
      await server.command("SCRIPT", "FLUSH");
    }
    await Promise.all(writes);
    assert.deepEqual(await listed(space), Object.fromEntries(names(10).map((name) => [name, "19"])));
  });

  test("keeps the objects that were claimed when it forgets its scripts", async (t) => {
    const server = await redis(t);
    const options = { durableObjectsPersist: server.url };
    const mf = keeper(t, options);
    assert.deepEqual(await put(mf, { a: "1" }), { a: "1" });
    await server.command("SCRIPT", "FLUSH");
    assert.deepEqual(await put(mf, { b: "2" }), { a: "1", b: "2" });
    await mf.dispose();
    await server.command("SCRIPT", "FLUSH");
    assert.deepEqual(await get(keeper(t, options)), { a: "1", b: "2" });
  });
});
