// Tags: oracle
// The tag of a long object: the MD5 of the value that it was put with, whenever it is read, and whatever becomes of the key.

import { describe } from "node:test";
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { json } from "../support/dispatch.mjs";
import { create, differs } from "../support/miniflare.mjs";
import { test } from "../support/test.mjs";

const options = { modules: true, script: "export default {}", r2Buckets: ["BUCKET"] };
const bucketOf = (t) => create(t, options).getR2Bucket("BUCKET");
const md5 = (bytes) => createHash("md5").update(bytes).digest("hex");
const hex = (buffer) => Buffer.from(buffer).toString("hex");

/** Long enough to be digested later, and to lie on pages of its own. */
const LENGTHS = [65_537, 1_500_000];
const KEYS = ["key", "version", "size", "etag", "httpEtag", "uploaded", "httpMetadata", "customMetadata", "range"];

for (const length of LENGTHS) {
  const bytes = Uint8Array.from({ length }, (_, index) => index % 251);
  const other = new Uint8Array(length).fill(7);
  const etag = md5(bytes);

  describe(`the tag of an object of ${length} bytes`, () => {
    test("is the MD5 of its value in each way to get the object", async (t) => {
      const bucket = await bucketOf(t);
      const put = await bucket.put("key", bytes);
      assert.deepEqual(Object.keys(put), KEYS);
      const { objects } = await bucket.list();
      for (const object of [put, objects[0], await bucket.head("key"), await bucket.get("key")]) {
        assert.deepEqual([object.etag, object.httpEtag, object.etag], [etag, `"${etag}"`, etag]);
        assert.equal(hex(object.checksums.md5), etag);
        assert.deepEqual(object.checksums.toJSON(), { md5: etag });
        assert.equal(JSON.parse(JSON.stringify(object)).httpEtag, `"${etag}"`);
      }
    });

    for (const [name, read] of Object.entries({
      checksums: ({ checksums }) => hex(checksums.md5),
      httpEtag: ({ httpEtag }) => httpEtag.slice(1, -1),
      JSON: (object) => JSON.parse(JSON.stringify(object)).etag,
    })) {
      test(`is computed for ${name} too`, async (t) => {
        assert.equal(read(await (await bucketOf(t)).put("key", bytes)), etag);
      });
    }

    test("stays that of the object when another one replaces it, or it is deleted", async (t) => {
      const bucket = await bucketOf(t);
      const put = await bucket.put("key", bytes);
      const got = await bucket.get("key");
      const replaced = await bucket.put("key", other);
      assert.deepEqual([put.etag, (await bucket.head("key")).etag], [etag, md5(other)]);
      await bucket.delete("key");
      assert.deepEqual([got.etag, replaced.etag, await bucket.head("key")], [etag, md5(other), null]);
    });

    test("is that of the bytes that were put, whatever the caller does to them", async (t) => {
      const bucket = await bucketOf(t);
      const own = bytes.slice();
      const object = await bucket.put("key", own);
      own.fill(9);
      const got = await bucket.get("key");
      new Uint8Array(await got.arrayBuffer()).fill(9);
      assert.deepEqual([object.etag, got.etag], [etag, etag]);
      assert.equal(md5(new Uint8Array(await (await bucket.get("key")).arrayBuffer())), etag);
    });

    test("is what conditions compare, before it was read", async (t) => {
      const bucket = await bucketOf(t);
      await bucket.put("key", bytes);
      assert.equal(await bucket.put("key", other, { onlyIf: { etagMatches: md5(other) } }), null);
      assert.equal((await bucket.get("key", { onlyIf: { etagDoesNotMatch: etag } })).body, undefined);
      assert.equal((await bucket.put("key", other, { onlyIf: { etagMatches: etag } })).etag, md5(other));
      assert.notEqual((await bucket.get("key", { onlyIf: { etagMatches: md5(other) } })).body, undefined);
    });

    test("can be assigned, as other members can", async (t) => {
      const object = await (await bucketOf(t)).put("key", bytes);
      object.etag = "own";
      assert.deepEqual([object.etag, object.httpEtag, Object.keys(object)], ["own", `"${etag}"`, KEYS]);
    });

    test("is the same in the worker", async (t) => {
      const script = `const bytes = Uint8Array.from({ length: ${length} }, (_, index) => index % 251);
        export default { async fetch(request, { BUCKET }) {
          const put = await BUCKET.put("key", bytes);
          bytes.fill(0);
          const stream = await BUCKET.put("stream", (await BUCKET.get("key")).body);
          const { objects } = await BUCKET.list();
          return Response.json([put.etag, stream.etag, objects.map(({ etag }) => etag), (await BUCKET.head("key")).etag]);
        } };`;
      const found = await json(create(t, { ...options, script }), "http://localhost/");
      assert.deepEqual(found, [etag, etag, [etag, etag], etag]);
    });

    test("is restored with the storage", differs("it has no snapshots"), async (t) => {
      const mf = create(t, options);
      const bucket = await mf.getR2Bucket("BUCKET");
      await bucket.put("key", bytes);
      const restore = await mf.snapshotStorage();
      const replaced = await bucket.put("key", other);
      await restore();
      assert.deepEqual([replaced.etag, (await bucket.head("key")).etag], [md5(other), etag]);
    });

    test("can be read after the instance has ended", async (t) => {
      const mf = create(t, options);
      const object = await (await mf.getR2Bucket("BUCKET")).put("key", bytes);
      await mf.dispose();
      assert.equal(object.etag, etag);
    });
  });
}
