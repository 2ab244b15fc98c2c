// Entries of KV that expire, by the clock of their instance.

import { describe } from "node:test";
import assert from "node:assert/strict";
import { create } from "../support/miniflare.mjs";
import { json } from "../support/dispatch.mjs";
import { test } from "../support/test.mjs";

const START = Date.UTC(2030, 0, 1);
const script = `export default { async fetch(request, { KV }) {
  const { keys } = await KV.list();
  return Response.json({ value: await KV.get("key"), keys: keys.map(({ name }) => name) });
} };`;

async function steered(t) {
  const mf = create(t, { script, kvNamespaces: ["KV"] });
  await mf.clock.set(START);
  return { mf, kv: await mf.getKVNamespace("KV") };
}

describe("an entry of KV", () => {
  test("is gone when its time to live is over", async (t) => {
    const { mf, kv } = await steered(t);
    await kv.put("key", "value", { expirationTtl: 60, metadata: "m" });
    assert.deepEqual((await kv.list()).keys, [{ name: "key", expiration: START / 1000 + 60, metadata: "m" }]);
    await mf.clock.advance(59_999);
    assert.deepEqual(await json(mf), { value: "value", keys: ["key"] });
    await mf.clock.advance(1);
    assert.deepEqual(await json(mf), { value: null, keys: [] });
    assert.deepEqual(await kv.getWithMetadata("key"), { value: null, metadata: null });
  });

  test("is gone at its expiration", async (t) => {
    const { mf, kv } = await steered(t);
    await kv.put("key", "value", { expiration: START / 1000 + 3600 });
    await mf.clock.advance(3_599_999);
    assert.equal(await kv.get("key"), "value");
    await mf.clock.advance(1);
    assert.equal(await kv.get("key"), null);
  });

  test("stays when it is put again without an expiration", async (t) => {
    const { mf, kv } = await steered(t);
    await kv.put("key", "1", { expirationTtl: 60 });
    await kv.put("key", "2");
    await mf.clock.advance(86_400_000);
    assert.deepEqual(await json(mf), { value: "2", keys: ["key"] });
  });

  test("that has expired is no part of a page", async (t) => {
    const { mf, kv } = await steered(t);
    for (const key of ["a", "b", "c", "d", "e"]) {
      await kv.put(key, "value", "bd".includes(key) ? { expirationTtl: 60 } : {});
    }
    await mf.clock.advance(60_000);
    const first = await kv.list({ limit: 2 });
    const second = await kv.list({ limit: 2, cursor: first.cursor });
    const names = ({ keys }) => keys.map(({ name }) => name);
    assert.deepEqual([names(first), first.list_complete], [["a", "c"], false]);
    assert.deepEqual([names(second), second.list_complete], [["e"], true]);
  });

  test("must expire a minute from the time that the clock shows", async (t) => {
    const { kv } = await steered(t);
    await assert.rejects(kv.put("key", "value", { expiration: START / 1000 }), {
      message: /^KV PUT failed: 400 Invalid expiration of 1893456000\. Please specify integer greater than/,
    });
    await assert.rejects(kv.put("key", "value", { expiration: START / 1000 + 59 }), {
      message: /^KV PUT failed: 400 Invalid expiration of 1893456059\. Expiration times must be at least 60 seconds/,
    });
    await kv.put("key", "value", { expiration: START / 1000 + 60 });
  });
});
