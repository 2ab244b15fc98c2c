// Values that are too large for a database are files beside it: they stream, none is left over, and who reads one that is
// replaced reads it to its end.

import { describe } from "node:test";
import assert from "node:assert/strict";
import { existsSync, readdirSync, statSync } from "node:fs";
import path from "node:path";
import { text } from "../support/dispatch.mjs";
import { folder } from "../support/files.mjs";
import { create } from "../support/miniflare.mjs";
import { within } from "../support/test.mjs";

const test = within(900_000);
const MB = 1_000_000;
/** Bytes of the value that passes through memory: 1_000_000_000 before a release. */
const BYTES = Number(process.env.MINIFLARE_R2_BYTES ?? 200 * MB);
const script = "export default { fetch: () => new Response() };";
const persistent = (data) => ({ script, r2Buckets: ["BUCKET"], r2Persist: data });

/** The sizes of the files of values in a folder. */
function files(data) {
  const values = path.join(data, "r2-values");
  if (!existsSync(values)) return [];
  const names = readdirSync(values, { recursive: true }).map((name) => path.join(values, name));
  const found = names.map((name) => statSync(name)).filter((known) => known.isFile());
  return found.map(({ size }) => size).sort((a, b) => a - b);
}

/** A stream of so many bytes, in chunks that say where they are. */
function streamOf(length, chunkLength = 65_536) {
  let sent = 0;
  return new ReadableStream(
    {
      pull(controller) {
        const chunk = new Uint8Array(Math.min(chunkLength, length - sent)).fill((sent / chunkLength) % 251);
        sent += chunk.byteLength;
        if (chunk.byteLength > 0) controller.enqueue(chunk);
        if (sent === length) controller.close();
      },
    },
    { highWaterMark: 0 },
  );
}

/** Reads a stream to its end, and checks that it is what `streamOf` made. */
async function checkStream(stream, length, chunkLength = 65_536) {
  let read = 0;
  for await (const chunk of stream) {
    for (const at of [0, chunk.byteLength - 1]) {
      assert.equal(chunk[at], Math.floor((read + at) / chunkLength) % 251, `byte ${read + at}`);
    }
    read += chunk.byteLength;
  }
  assert.equal(read, length);
}

describe("a large value of R2", () => {
  test("is one file, which goes with its object", async (t) => {
    const data = folder(t);
    const bucket = await create(t, persistent(data)).getR2Bucket("BUCKET");
    await bucket.put("small", new Uint8Array(MB));
    assert.deepEqual(files(data), []);
    await bucket.put("key", new Uint8Array(2 * MB));
    await bucket.put("other", streamOf(3 * MB));
    assert.deepEqual(files(data), [2 * MB, 3 * MB]);
    await bucket.put("key", new Uint8Array(4 * MB));
    assert.deepEqual(files(data), [3 * MB, 4 * MB]);
    await bucket.put("key", "short");
    await bucket.delete("other");
    assert.deepEqual(files(data), []);
    assert.equal(await (await bucket.get("key")).text(), "short");
  });

  test("that is refused, or not sent to its end, leaves no file", async (t) => {
    const data = folder(t);
    const bucket = await create(t, persistent(data)).getR2Bucket("BUCKET");
    await assert.rejects(bucket.put("key", streamOf(3 * MB), { md5: "0".repeat(32) }), /The MD5 checksum/);
    const broken = new ReadableStream({
      pull(controller) {
        controller.enqueue(new Uint8Array(2 * MB));
        if (this.isSecond) controller.error(new Error("broken"));
        this.isSecond = true;
      },
    });
    await assert.rejects(bucket.put("key", broken), /broken/);
    const { readable, writable } = new TransformStream();
    const onlyIf = { etagDoesNotMatch: "*" };
    const late = bucket.put("key", readable, { onlyIf });
    await bucket.put("key", "first", { onlyIf });
    await streamOf(3 * MB).pipeTo(writable);
    assert.equal(await late, null);
    assert.deepEqual(files(data), []);
    assert.equal(await (await bucket.get("key")).text(), "first");
  });

  test("is the parts of an upload, until they are aborted, replaced, unused or deleted", async (t) => {
    const data = folder(t);
    const bucket = await create(t, persistent(data)).getR2Bucket("BUCKET");
    const MIN = 5 * 1024 * 1024;
    const upload = await bucket.createMultipartUpload("key");
    await upload.uploadPart(1, new Uint8Array(MIN + 1));
    const parts = [await upload.uploadPart(1, new Uint8Array(MIN)), await upload.uploadPart(2, new Uint8Array(2 * MB))];
    await upload.uploadPart(3, new Uint8Array(2 * MB));
    const aborted = await bucket.createMultipartUpload("key");
    await aborted.uploadPart(1, new Uint8Array(3 * MB));
    assert.deepEqual(files(data), [2 * MB, 2 * MB, 3 * MB, MIN]);
    await aborted.abort();
    await upload.complete(parts);
    assert.deepEqual(files(data), [2 * MB, MIN]);
    assert.equal((await (await bucket.get("key")).arrayBuffer()).byteLength, MIN + 2 * MB);
    await bucket.put("key", "short");
    assert.deepEqual(files(data), []);
  });

  test("is read to its end, even if its object is replaced or deleted meanwhile", async (t) => {
    const data = folder(t);
    for (const where of [persistent(data), { script }]) {
      const bucket = await create(t, where).getR2Bucket("BUCKET");
      await bucket.put("key", streamOf(4 * MB));
      const [first, second] = [await bucket.get("key"), await bucket.get("key")];
      const reader = first.body.getReader();
      const { value } = await reader.read();
      await bucket.put("key", "short");
      await bucket.delete("key");
      let rest = 0;
      for (let chunk = await reader.read(); !chunk.done; chunk = await reader.read()) rest += chunk.value.byteLength;
      assert.equal(value.byteLength + rest, 4 * MB);
      await checkStream(second.body, 4 * MB);
      await bucket.put("key", "again");
    }
  });

  test("can be read in part", async (t) => {
    const bucket = await create(t, persistent(folder(t))).getR2Bucket("BUCKET");
    await bucket.put("key", streamOf(3 * MB));
    const object = await bucket.get("key", { range: { offset: 2 * 65_536 - 1, length: 3 } });
    assert.deepEqual([...new Uint8Array(await object.arrayBuffer())], [1, 2, 2]);
    const cancelled = await bucket.get("key");
    const reader = cancelled.body.getReader();
    await reader.read();
    await reader.cancel();
    assert.equal((await reader.read()).done, true);
  });

  test("has files no longer than snapshots need them", async (t) => {
    const data = folder(t);
    const mf = create(t, persistent(data));
    const bucket = await mf.getR2Bucket("BUCKET");
    await bucket.put("replaced", streamOf(2 * MB));
    await bucket.put("deleted", streamOf(3 * MB));
    const restore = await mf.snapshotStorage();
    await bucket.put("replaced", streamOf(4 * MB));
    await bucket.delete("deleted");
    await bucket.put("added", streamOf(5 * MB));
    assert.deepEqual(files(data), [2 * MB, 3 * MB, 4 * MB, 5 * MB]);
    await restore();
    await checkStream((await bucket.get("replaced")).body, 2 * MB);
    await checkStream((await bucket.get("deleted")).body, 3 * MB);
    assert.equal(await bucket.get("added"), null);
    await mf.dispose();
    const again = await create(t, persistent(data)).getR2Bucket("BUCKET");
    await checkStream((await again.get("replaced")).body, 2 * MB);
    await checkStream((await again.get("deleted")).body, 3 * MB);
    assert.deepEqual(files(data), [2 * MB, 3 * MB]);
  });

  test("of any size passes without being held in memory, from Node and through the worker", async (t) => {
    const inWorker = `export default {
      async fetch(request, { BUCKET }) {
        if (request.method === "PUT") return Response.json(await BUCKET.put("key", request.body));
        return new Response((await BUCKET.get("key")).body);
      },
    };`;
    const mf = create(t, { ...persistent(folder(t)), script: inWorker, modules: true });
    const bucket = await mf.getR2Bucket("BUCKET");
    const before = process.memoryUsage.rss();
    let most = before;
    const watched = (stream) =>
      stream.pipeThrough(
        new TransformStream({
          transform(chunk, controller) {
            most = Math.max(most, process.memoryUsage.rss());
            controller.enqueue(chunk);
          },
        }),
      );
    await bucket.put("key", watched(streamOf(BYTES)));
    await checkStream(watched((await bucket.get("key")).body), BYTES);
    const init = { method: "PUT", body: watched(streamOf(BYTES)), duplex: "half" };
    assert.equal(JSON.parse(await text(mf, "http://localhost/", init)).size, BYTES);
    await checkStream(watched((await mf.dispatchFetch("http://localhost/")).body), BYTES);
    const grown = (most - before) / MB;
    t.diagnostic(`grew by ${Math.round(grown)} MB for 4 × ${BYTES / MB} MB`);
    assert.ok(grown < 160, `memory grew by ${grown} MB`);
  });
});
