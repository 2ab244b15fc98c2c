// R2 buckets in a folder and on a Redis server, which answers later, do what they do in memory.

import { describe } from "node:test";
import assert from "node:assert/strict";
import path from "node:path";
import { json, rejection } from "../support/dispatch.mjs";
import { folder } from "../support/files.mjs";
import { create } from "../support/miniflare.mjs";
import { redis } from "../support/redis.mjs";
import { within } from "../support/test.mjs";

const test = within(60_000);

/** Uses all that a bucket has; runs in the worker and in Node. */
const USE = `async (bucket) => {
  const MIN = 5 * 1024 * 1024;
  const shown = async (key, options) => {
    const object = await bucket.get(key, options);
    return object && [await object.text(), object.customMetadata];
  };
  await bucket.put("text", "grüße", { customMetadata: { m: "1" } });
  await bucket.put("bytes", new Uint8Array([65, 66]));
  await bucket.put("stream", new Response("streamed").body);
  await bucket.put("gone", "");
  await bucket.delete(["gone", "never"]);
  const { etag } = await bucket.put("large", "a".repeat(3_000_000));
  const upload = await bucket.createMultipartUpload("parts");
  const parts = [await upload.uploadPart(1, "a".repeat(MIN)), await upload.uploadPart(2, "end")];
  await upload.uploadPart(3, "unused");
  await upload.complete(parts);
  const first = await bucket.list({ limit: 2 });
  const second = await bucket.list({ cursor: first.cursor });
  const refused = await bucket.put("text", "other", { onlyIf: { etagMatches: "other" } });
  return {
    text: await shown("text"), bytes: await shown("bytes"), stream: await shown("stream"), gone: await shown("gone"),
    large: [etag, (await bucket.get("large")).size, await shown("large", { range: { suffix: 2 } })],
    whole: (await (await bucket.get("large")).arrayBuffer()).byteLength,
    parts: await shown("parts", { range: { offset: MIN - 1 } }),
    keys: [first.objects.map(({ key }) => key), second.objects.map(({ key }) => key), second.truncated], refused,
  };
}`;
const USED = {
  text: ["grüße", { m: "1" }],
  bytes: ["AB", {}],
  stream: ["streamed", {}],
  gone: null,
  large: ["99ddc9a3a46ea62c95652bdf937a1fb8", 3_000_000, ["aa", {}]],
  whole: 3_000_000,
  parts: ["aend", {}],
  keys: [["bytes", "large"], ["parts", "stream", "text"], false],
  refused: null,
};

const script = `export default { async fetch(request, { BUCKET }) { return Response.json(await (${USE})(BUCKET)); } };`;
const options = { script, r2Buckets: ["BUCKET"] };

const PLACES = {
  "in memory": async () => ({}),
  "in a folder": async (t) => ({ r2Persist: folder(t) }),
  "in a folder that every write is synced to": async (t) => ({ r2Persist: folder(t), durability: "sync" }),
  "on a Redis server": async (t) => ({ r2Persist: (await redis(t)).url }),
};

for (const [name, place] of Object.entries(PLACES)) {
  describe(`R2 ${name}`, () => {
    test("does all that it can do, in the worker", async (t) => {
      assert.deepEqual(await json(create(t, { ...options, ...(await place(t)) })), USED);
    });

    test("does all that it can do, from Node", async (t) => {
      const bucket = await create(t, { ...options, ...(await place(t)) }).getR2Bucket("BUCKET");
      const used = await new Function(`return ${USE};`)()(bucket);
      assert.deepEqual(JSON.parse(JSON.stringify(used)), USED);
    });

    test("keeps its objects, as snapshots have them", async (t) => {
      const where = { ...options, ...(await place(t)) };
      const mf = create(t, where);
      const bucket = await mf.getR2Bucket("BUCKET");
      const large = "x".repeat(2_000_000);
      await bucket.put("small", "before");
      await bucket.put("large", large);
      await bucket.put("deleted", large);
      const restore = await mf.snapshotStorage();
      await bucket.put("small", "after");
      await bucket.put("large", "after");
      await bucket.delete("deleted");
      await bucket.put("added", large);
      await restore();
      const text = async (key) => (await bucket.get(key))?.text();
      assert.deepEqual(
        [await text("small"), (await text("large")) === large, (await text("deleted")) === large, await text("added")],
        ["before", true, true, undefined],
      );
      await mf.dispose();
      if (where.r2Persist === undefined) return;
      const again = await create(t, where).getR2Bucket("BUCKET");
      assert.equal(await (await again.get("large")).text(), large);
      assert.equal(await again.get("added"), null);
    });
  });
}

describe("R2 on a Redis server", () => {
  test("refuses values beyond a limit, and says what to do", async (t) => {
    const mf = create(t, { ...options, r2Persist: (await redis(t)).url });
    const bucket = await mf.getR2Bucket("BUCKET");
    const value = new Uint8Array(32_000_001);
    const upload = await bucket.createMultipartUpload("key");
    const calls = [
      () => bucket.put("key", value),
      () => bucket.put("key", "x".repeat(value.byteLength)),
      () => bucket.put("key", new Blob([value]).stream()),
      () => upload.uploadPart(1, value),
    ];
    for (const call of calls) {
      assert.equal(
        (await rejection(call())).message,
        "R2 PUT failed: (400) Value length of 32000001 exceeds limit of 32000000 for values on a Redis server. Set r2Persist to a folder, or upload the object in parts of at most that length.",
      );
    }
    assert.equal(await bucket.head("key"), null);
    const parts = [await upload.uploadPart(1, value.subarray(1)), await upload.uploadPart(2, value.subarray(1))];
    assert.equal((await upload.complete(parts)).size, 64_000_000);
  });

  test("says when there is no server", async (t) => {
    const { url, stop } = await redis(t);
    await stop();
    const bucket = await create(t, { ...options, r2Persist: url }).getR2Bucket("BUCKET");
    assert.equal((await rejection(bucket.get("key"))).code, "ERR_STORAGE_UNREACHABLE");
  });
});

describe("R2 in a folder that is a file", () => {
  test("says so", async (t) => {
    const data = folder(t, { file: "a file" });
    const mf = create(t, { ...options, r2Persist: path.join(data, "file") });
    const bucket = await mf.getR2Bucket("BUCKET");
    assert.equal((await rejection(bucket.put("key", "value"))).code, "ERR_STORAGE_NOT_A_FOLDER");
  });
});
