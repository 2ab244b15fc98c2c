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

  test("is refused on a Redis server", async (t) => {
    const { url } = await redis(t);
    const mf = keeper(t, { durableObjectsPersist: url });
    const { message } = await rejection(mf.snapshotStorage());
    assert.match(message, /Redis server cannot be brought back/);
    assert.deepEqual(await put(mf, { a: "1" }), { a: "1" });
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
