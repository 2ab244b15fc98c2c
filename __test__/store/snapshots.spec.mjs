// `snapshotStorage` over each place: writes reach the place as ever, and what was written over comes back.

import { describe } from "node:test";
import assert from "node:assert/strict";
import { rejection } from "../support/dispatch.mjs";
import { folder } from "../support/files.mjs";
import { Miniflare } from "../support/miniflare.mjs";
import { get, keeper, keeperOptions, put } from "../support/persist.mjs";
import { redis } from "../support/redis.mjs";
import { test } from "../support/test.mjs";

describe("a snapshot of storage", () => {
  test("in a folder leaves what is written there, until it is brought back", async (t) => {
    const options = keeperOptions({ durableObjectsPersist: folder(t) });
    const first = new Miniflare(options);
    await put(first, { a: "1" });
    const forgotten = await first.snapshotStorage();
    await put(first, { a: "2", b: "2" });
    await first.dispose();
    await assert.rejects(forgotten(), { code: "ERR_DISPOSED" });
    const second = new Miniflare(options);
    assert.deepEqual(await get(second), { a: "2", b: "2" });
    const restore = await second.snapshotStorage();
    await put(second, { a: "3", c: "3" });
    await restore();
    assert.deepEqual(await get(second), { a: "2", b: "2" });
    await second.dispose();
    assert.deepEqual(await get(keeper(t, options)), { a: "2", b: "2" });
  });

  test("on a Redis server brings back objects and KV, whatever is under way", async (t) => {
    const { url } = await redis(t);
    const options = { durableObjectsPersist: url, kvPersist: url };
    const mf = keeper(t, options);
    const kv = await mf.getKVNamespace("KV");
    await put(mf, { a: "1" });
    await kv.put("k", "1");
    const restore = await mf.snapshotStorage();
    for (const round of ["2", "3"]) {
      await Promise.all([
        put(mf, { a: round, b: round }),
        put(mf, { a: `${round}!` }),
        kv.put("k", round),
        kv.put("l", round),
      ]);
      await restore();
      assert.deepEqual(await get(mf), { a: "1" });
      assert.deepEqual([await kv.get("k"), await kv.get("l")], ["1", null]);
    }
    await mf.dispose();
    assert.deepEqual(await get(keeper(t, keeperOptions(options))), { a: "1" });
  });

  test("on a Redis server that has gone says so", async (t) => {
    const server = await redis(t);
    const mf = keeper(t, { kvPersist: server.url });
    const kv = await mf.getKVNamespace("KV");
    const restore = await mf.snapshotStorage();
    await kv.put("k", "1");
    await server.stop();
    const { message } = await rejection(restore());
    assert.match(message, new RegExp(new URL(server.url).host));
  });

  test("is of its place: another that the options name since is left alone", async (t) => {
    const mf = keeper(t);
    await put(mf, { a: "1" });
    const restore = await mf.snapshotStorage();
    await mf.setOptions({ durableObjectsPersist: folder(t) });
    await put(mf, { b: "2" });
    assert.match((await rejection(restore())).message, /kept elsewhere/);
    assert.deepEqual(await get(mf), { b: "2" });
  });
});
