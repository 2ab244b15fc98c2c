// Tags: oracle, every-node
// KV as part of a request: it is counted, refused outside of requests, and lets time go on.

import { describe } from "node:test";
import assert from "node:assert/strict";
import { CAUGHT, deepEqualOutside, evaluate, json } from "../support/dispatch.mjs";
import { create } from "../support/miniflare.mjs";
import { test } from "../support/test.mjs";

const kvNamespaces = ["KV"];
const OUTSIDE =
  "Some functionality, such as asynchronous I/O (fetch, Cache API, KV), timeouts (setTimeout, setInterval), and generating random values (crypto.getRandomValues, crypto.subtle.generateKey), can only be performed while handling a request.";

describe("each call of KV", () => {
  test("counts among the 1000 that a request may make, whatever comes of it", async (t) => {
    const answer = await evaluate(
      t,
      `${CAUGHT} for (let call = 0; call < 200; call++) {
        await Promise.all([env.KV.get("a"), env.KV.getWithMetadata("a"), env.KV.put("a", "1"), env.KV.list()]);
        await caught(() => env.KV.delete(""));
      }
      return caught(() => env.KV.get("a"));`,
      { kvNamespaces },
    );
    deepEqualOutside(answer, [
      "Error",
      "Too many API requests by single worker invocation. Workers can make up to 1000 KV and Durable Object requests per invocation.",
    ]);
  });

  test("from Node is not counted", async (t) => {
    const kv = await create(t, { script: "export default {}" }).getKVNamespace("KV");
    for (let call = 0; call < 1001; call++) await kv.get("key");
    assert.equal(await kv.get("key"), null);
  });

  test("is refused outside of requests", async (t) => {
    const script = `${CAUGHT}
    const calls = ["get", "getWithMetadata", "put", "delete", "list"].map((method) => caught(() => KV[method]("a", "1")));
    addEventListener("fetch", (event) => event.respondWith(Promise.all(calls).then(
      (answers) => new Response(JSON.stringify(answers)))));`;
    assert.deepEqual(await json(create(t, { script, kvNamespaces })), Array(5).fill(["Error", OUTSIDE]));
  });

  test("is allowed outside of requests by globalAsyncIO", async (t) => {
    const script = `const value = KV.put("key", "value").then(() => KV.get("key"));
    addEventListener("fetch", (event) => event.respondWith(value.then((text) => new Response(JSON.stringify(text)))));`;
    assert.equal(await json(create(t, { script, kvNamespaces, globalAsyncIO: true })), "value");
  });

  test("lets the time of the request go on", async (t) => {
    const answer = await evaluate(
      t,
      `const calls = [() => env.KV.get("a"), () => env.KV.getWithMetadata("a"), () => env.KV.put("a", "1"),
        () => env.KV.delete("a"), () => env.KV.list()];
      const before = [];
      for (const call of calls) {
        const time = Date.now();
        while (Date.now() === time) { const end = env.now() + 2; while (env.now() < end); await call(); }
        before.push(Date.now() > time);
      }
      return before;`,
      { kvNamespaces, bindings: { now: () => performance.now() } },
    );
    deepEqualOutside(answer, Array(5).fill(true));
  });
});
