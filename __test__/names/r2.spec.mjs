// Tags: oracle, every-node
// R2 buckets that a suite makes itself, over a storage.

import assert from "node:assert/strict";
import { describe } from "node:test";
import { folder } from "../support/files.mjs";
import { create, differs } from "../support/miniflare.mjs";
import { FileStorage, MemoryStorage, R2Bucket } from "../support/names.mjs";
import { test } from "../support/test.mjs";

const storages = {
  MemoryStorage: () => new MemoryStorage(),
  FileStorage: (t) => new FileStorage(folder(t)),
};

for (const [name, make] of Object.entries(storages)) {
  describe(`an R2Bucket over a ${name}`, () => {
    test("stores objects, lists and deletes them", async (t) => {
      const bucket = new R2Bucket(make(t));
      await bucket.put("b", "value", { customMetadata: { a: "1" } });
      await bucket.put("a", new Uint8Array([1, 2]));
      const object = await bucket.get("b", { range: { offset: 1 } });
      assert.deepEqual([await object.text(), object.customMetadata], ["alue", { a: "1" }]);
      assert.deepEqual(
        (await bucket.list()).objects.map(({ key, customMetadata }) => [key, customMetadata]),
        [
          ["a", {}],
          ["b", {}],
        ],
      );
      await bucket.delete(["a", "b"]);
      assert.equal(await bucket.head("a"), null);
    });

    test("has the objects of other buckets over the same storage", async (t) => {
      const storage = make(t);
      await new R2Bucket(storage).put("key", "value", { customMetadata: { a: "1" } });
      const other = new R2Bucket(storage, { listRespectInclude: false });
      assert.deepEqual((await other.list()).objects[0].customMetadata, { a: "1" });
      assert.equal(await new R2Bucket(make(t)).get("key"), null);
    });

    test("has uploads with parts as small as it allows", async (t) => {
      const bucket = new R2Bucket(make(t), { minMultipartUploadSize: 50 });
      const upload = await bucket.createMultipartUpload("key");
      const parts = [];
      for (const [index, text] of ["1".repeat(50), "2".repeat(50), "3"].entries()) {
        parts.push(await upload.uploadPart(index + 1, text));
      }
      const { etag, size } = await upload.complete(parts);
      assert.deepEqual([etag, size], ["3b676245e58d988dc75f80c0c27a9645-3", 101]);
      const small = await bucket.createMultipartUpload("key");
      const refused = [await small.uploadPart(1, "1".repeat(49)), await small.uploadPart(2, "2")];
      await assert.rejects(small.complete(refused), /smaller than the minimum/);
    });
  });
}

describe("an R2Bucket", () => {
  test("refuses what a request may not do either", async () => {
    const bucket = new R2Bucket(new MemoryStorage(), { blockGlobalAsyncIO: true });
    await assert.rejects(bucket.get("key"), /Some functionality, such as asynchronous I\/O/);
  });

  test("is of the class that instances give", differs("its class is in another package"), async (t) => {
    const bucket = await create(t, { script: "" }).getR2Bucket("BUCKET");
    assert.ok(bucket instanceof R2Bucket);
  });

  test("refuses other storages", differs("it takes anything"), () => {
    assert.throws(() => new R2Bucket({}), {
      name: "TypeError",
      message: /new R2Bucket\(\) takes a MemoryStorage, a FileStorage or a RedisStorage of miniflare-rs/,
    });
  });
});
