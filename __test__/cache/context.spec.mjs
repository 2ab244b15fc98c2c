// Tags: oracle, every-node
// Caches as part of a request: calls are counted, refused outside of requests, and let time go on.

import { describe } from "node:test";
import assert from "node:assert/strict";
import { CAUGHT, deepEqualOutside, evaluate, json, text } from "../support/dispatch.mjs";
import { create } from "../support/miniflare.mjs";
import { test } from "../support/test.mjs";

const MANY = (limit) => [
  "Error",
  `Too many subrequests. Workers can make up to ${limit} subrequests per request.\nA subrequest is a call to fetch(), a redirect, or a call to any Cache API method.`,
];
const OUTSIDE =
  "Some functionality, such as asynchronous I/O (fetch, Cache API, KV), timeouts (setTimeout, setInterval), and generating random values (crypto.getRandomValues, crypto.subtle.generateKey), can only be performed while handling a request.";
const CALLS = `${CAUGHT}
const calls = [() => caches.default.put("http://localhost/", new Response("")),
  () => caches.default.match("http://localhost/"), () => caches.default.delete("http://localhost/"),
  async () => (await caches.open("name")).match("http://localhost/")];`;

describe("each call of a cache", () => {
  test("counts among the 50 subrequests of a request", async (t) => {
    const answer = await evaluate(
      t,
      `${CALLS} for (let call = 0; call < 48; call++) await calls[call % calls.length]();
      await caught(() => caches.default.put("no URL", new Response("")));
      await caught(() => caches.default.match("no URL"));
      return Promise.all(calls.map(caught));`,
    );
    deepEqualOutside(answer, Array(4).fill(MANY(50)));
  });

  test("counts among the 1000 of an unbound worker", async (t) => {
    const answer = await evaluate(
      t,
      `${CALLS} for (let call = 0; call < 1000; call++) await caches.default.match("http://localhost/");
      return caught(calls[0]);`,
      { usageModel: "unbound" },
    );
    deepEqualOutside(answer, MANY(1000));
  });

  test("from Node is not counted", async (t) => {
    const { default: cache } = await create(t, { script: "export default {}" }).getCaches();
    for (let call = 0; call < 60; call++) assert.equal(await cache.match("http://localhost/"), undefined);
  });

  test("is not counted when caches are switched off", async (t) => {
    const answer = await evaluate(
      t,
      `${CALLS} for (let call = 0; call < 60; call++) await caches.default.match("http://localhost/");
      return caught(calls[0]);`,
      { cache: false },
    );
    assert.equal(answer, "nothing thrown");
  });

  test("is refused outside of requests, though the caches can be looked at", async (t) => {
    const script = `${CALLS} const answers = calls.map(caught);
    addEventListener("fetch", (event) => event.respondWith(Promise.all(answers).then(
      (all) => new Response(JSON.stringify(all)))));`;
    assert.deepEqual(await json(create(t, { script })), Array(4).fill(["Error", OUTSIDE]));
  });

  test("is allowed outside of requests by globalAsyncIO", async (t) => {
    const script = `const init = { headers: { "Cache-Control": "max-age=60" } };
    const found = caches.default.put("http://localhost/", new Response("body", init)).then(
      () => caches.default.match("http://localhost/"));
    addEventListener("fetch", (event) => event.respondWith(found));`;
    assert.equal(await text(create(t, { script, globalAsyncIO: true })), "body");
  });

  test("lets the time of the request go on", async (t) => {
    const answer = await evaluate(
      t,
      `const init = { headers: { "Cache-Control": "max-age=60" } };
      const calls = [() => caches.default.put("http://localhost/", new Response("", init)),
        () => caches.default.match("http://localhost/"), () => caches.default.delete("http://localhost/")];
      const moved = [];
      for (const call of calls) {
        const time = Date.now();
        const end = env.now() + 3;
        while (env.now() < end);
        const stood = Date.now() === time;
        await call();
        moved.push(stood && Date.now() > time);
      }
      return moved;`,
      { bindings: { now: () => performance.now() } },
    );
    deepEqualOutside(answer, [true, true, true]);
  });
});
