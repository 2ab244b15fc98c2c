// Tags: oracle, every-node
// R2 as part of a request: it is counted, refused outside of requests, and lets time go on; in an object, it passes the gates.

import { describe } from "node:test";
import assert from "node:assert/strict";
import { CAUGHT, deepEqualOutside, evaluate, json } from "../support/dispatch.mjs";
import { create, differs } from "../support/miniflare.mjs";
import { test } from "../support/test.mjs";

const r2Buckets = ["BUCKET"];
const OUTSIDE =
  "Some functionality, such as asynchronous I/O (fetch, Cache API, KV), timeouts (setTimeout, setInterval), and generating random values (crypto.getRandomValues, crypto.subtle.generateKey), can only be performed while handling a request.";

/** Calls of a bucket, by source. */
const CALLS = ['head("a")', 'get("a")', 'put("a", "1")', 'delete("a")', "list()", 'createMultipartUpload("a")'];
const CALLS_OF_UPLOADS = ['uploadPart(1, "")', "complete([])", "abort()"];

describe("each call of R2", () => {
  test("counts among the 1000 that a request may make, whatever comes of it", async (t) => {
    const calls = [
      ...CALLS.map((call) => `env.BUCKET.${call}`),
      ...CALLS_OF_UPLOADS.map((call) => `env.BUCKET.resumeMultipartUpload("a", "b").${call}`),
      "env.BUCKET.get()",
    ];
    const answer = await evaluate(
      t,
      `${CAUGHT} for (let call = 0; call < 100; call++) {
        await Promise.allSettled([${calls.join(", ")}]);
      }
      return (await caught(() => env.BUCKET.get("a")))[1].split(".")[0];`,
      { r2Buckets },
    );
    deepEqualOutside(answer, "Too many API requests by single worker invocation");
  });

  test("is refused outside of requests, but for resumeMultipartUpload", async (t) => {
    const script = `${CAUGHT}
    const upload = BUCKET.resumeMultipartUpload("a", "b");
    const calls = [${CALLS.map((call) => `caught(() => BUCKET.${call})`)},
      ${CALLS_OF_UPLOADS.map((call) => `caught(() => upload.${call})`)}];
    addEventListener("fetch", (event) => event.respondWith(Promise.all(calls).then(
      (answers) => new Response(JSON.stringify(answers)))));`;
    assert.deepEqual(await json(create(t, { script, r2Buckets })), Array(9).fill(["Error", OUTSIDE]));
  });

  test("is allowed outside of requests by globalAsyncIO", async (t) => {
    const script = `const value = BUCKET.put("key", "value").then(() => BUCKET.get("key")).then((object) => object.text());
    addEventListener("fetch", (event) => event.respondWith(value.then((text) => new Response(JSON.stringify(text)))));`;
    assert.equal(await json(create(t, { script, r2Buckets, globalAsyncIO: true })), "value");
  });

  test("lets the time of the request go on", async (t) => {
    const answer = await evaluate(
      t,
      `const upload = await env.BUCKET.createMultipartUpload("b");
      const calls = [${CALLS.map((call) => `() => env.BUCKET.${call}`)}, () => upload.uploadPart(1, "")];
      const moved = [];
      for (const call of calls) {
        const time = Date.now();
        while (Date.now() === time) { const end = env.now() + 2; while (env.now() < end); await call(); }
        moved.push(Date.now() > time);
      }
      return moved;`,
      { r2Buckets, bindings: { now: () => performance.now() } },
    );
    deepEqualOutside(answer, Array(7).fill(true));
  });

  test("stores the time of the instance's clock", differs("it has no clock"), async (t) => {
    const mf = create(t, { script: "export default {}", r2Buckets });
    await mf.clock.set(new Date("2030-01-01T00:00:00Z"));
    const bucket = await mf.getR2Bucket("BUCKET");
    assert.equal((await bucket.put("key", "value")).uploaded.toISOString(), "2030-01-01T00:00:00.000Z");
  });

  test("of an object waits until what the object has written is safe", async (t) => {
    const script = `export class Box {
      constructor(state, env) { this.storage = state.storage; this.env = env; }
      async fetch() {
        this.storage.put("count", 1);
        await this.env.BUCKET.put("key", "value");
        const text = await (await this.env.BUCKET.get("key")).text();
        return new Response(JSON.stringify([text, await this.storage.get("count")]));
      }
    }
    export default { fetch: (request, { BOX }) => BOX.get(BOX.idFromName("a")).fetch(request) };`;
    assert.deepEqual(await json(create(t, { script, r2Buckets, durableObjects: { BOX: "Box" } })), ["value", 1]);
  });
});
