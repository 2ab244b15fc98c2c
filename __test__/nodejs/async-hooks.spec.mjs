// `AsyncLocalStorage`: the value follows the code that runs, wherever it goes on, and no other.

import { describe } from "node:test";
import assert from "node:assert/strict";
import { create } from "../support/miniflare.mjs";
import { json, text } from "../support/dispatch.mjs";
import { FLAGS, sameAsNode } from "../support/nodejs.mjs";
import { test } from "../support/test.mjs";

sameAsNode(
  "node:async_hooks",
  { hooks: "node:async_hooks" },
  {
    "has a value within a call, and none outside": `const storage = new hooks.AsyncLocalStorage();
      const inner = storage.run(1, (a, b) => [storage.getStore(), a, b], 2, 3);
      return [storage.getStore(), inner, storage.run(1, () => storage.run(2, () => storage.getStore())), storage.run(1, () => storage.exit(() => storage.getStore()))];`,
    "keeps the value over waits": `const storage = new hooks.AsyncLocalStorage();
      const seen = [];
      const note = (where) => seen.push([where, storage.getStore()]);
      await storage.run("x", async () => {
        note("now");
        await null;
        note("await");
        await new Promise((resolve) => setTimeout(resolve, 1));
        note("timer");
        await Promise.resolve().then(() => note("then"));
        await new Promise((resolve) => queueMicrotask(() => { note("microtask"); resolve(); }));
        for await (const _ of (async function* () { await null; note("generator"); yield 1; })());
        await Promise.reject(1).catch(() => note("catch")).finally(() => note("finally"));
      });
      note("outside");
      return seen;`,
    "tells storages apart": `const [a, b] = [new hooks.AsyncLocalStorage(), new hooks.AsyncLocalStorage()];
      return a.run(1, () => b.run(2, async () => { await null; return [a.getStore(), b.getStore(), a.run(undefined, () => [a.getStore(), b.getStore()])]; }));`,
    "gives concurrent work its own value": `const storage = new hooks.AsyncLocalStorage();
      const work = (value) => storage.run(value, async () => { for (let i = 0; i < 3; i++) await new Promise((resolve) => setTimeout(resolve, 1)); return storage.getStore(); });
      return Promise.all([1, 2, 3].map(work));`,
    "restores the value after an error": `const storage = new hooks.AsyncLocalStorage();
      const error = caught(() => storage.run(1, () => { throw new Error("x"); }));
      return [error, storage.getStore(), await storage.run(2, async () => { throw new Error("y"); }).catch(() => storage.getStore())];`,
    "binds functions": `const storage = new hooks.AsyncLocalStorage();
      const bound = storage.run(1, () => hooks.AsyncLocalStorage.bind(function (a) { return [storage.getStore(), a, this?.x]; }));
      const snapshot = storage.run(2, () => hooks.AsyncLocalStorage.snapshot());
      return [bound.call({ x: 5 }, 3), storage.run(4, () => snapshot((...args) => [storage.getStore(), ...args], 6)), storage.run(7, () => bound(8))];`,
    "runs in the scope of a resource": `const storage = new hooks.AsyncLocalStorage();
      const resource = storage.run(1, () => new hooks.AsyncResource("x"));
      const bound = storage.run(2, () => hooks.AsyncResource.bind(() => storage.getStore()));
      return [resource.runInAsyncScope(function (a) { return [storage.getStore(), this.y, a]; }, { y: 2 }, 3), bound(), resource.bind(() => storage.getStore())(), caught(() => new hooks.AsyncResource()).code];`,
    "carries the value into listeners of emitters and into ticks": `const storage = new hooks.AsyncLocalStorage();
      return storage.run(1, () => new Promise((resolve) => { process.nextTick(() => setImmediate(() => resolve(storage.getStore()))); }));`,
  },
);

const STORAGE = `import { AsyncLocalStorage } from "node:async_hooks"; const storage = new AsyncLocalStorage();`;

describe("AsyncLocalStorage in a worker", () => {
  test("keeps requests apart", async (t) => {
    const script = `${STORAGE} let waiting = [];
      export default { fetch(request) {
        return storage.run(new URL(request.url).pathname, async () => {
          if (waiting.length < 2) await new Promise((resolve) => waiting.push(resolve));
          else for (const resolve of waiting) resolve();
          await scheduler.wait(1);
          return new Response(storage.getStore());
        });
      } };`;
    const mf = create(t, { script, ...FLAGS });
    const answers = await Promise.all(["/a", "/b", "/c"].map((path) => text(mf, `http://localhost${path}`)));
    assert.deepEqual(answers, ["/a", "/b", "/c"]);
  });

  test("keeps its value over KV, caches, fetches of services, streams and waitUntil", async (t) => {
    const script = `${STORAGE}
      export default { fetch(request, env, ctx) {
        return storage.run("value", async () => {
          const seen = {};
          const note = (where) => { seen[where] = storage.getStore(); };
          await env.KV.put("a", "b"); note("put");
          await env.KV.get("a"); note("get");
          await caches.default.match("http://localhost/x"); note("cache");
          await (await env.SELF.fetch("http://localhost/")).text(); note("service");
          await new Response(new ReadableStream({ pull(controller) { note("pull"); controller.close(); } })).text(); note("stream");
          const done = new Promise((resolve) => ctx.waitUntil(scheduler.wait(1).then(() => { note("waitUntil"); resolve(); })));
          await done;
          const target = new EventTarget();
          target.addEventListener("x", () => note("listener"));
          target.dispatchEvent(new Event("x"));
          return Response.json(seen);
        });
      } };`;
    const other = { script: `export default { fetch: () => new Response("other") };`, modules: true };
    const mf = create(t, {
      script,
      ...FLAGS,
      kvNamespaces: ["KV"],
      serviceBindings: { SELF: "other" },
      mounts: { other },
    });
    const names = ["put", "get", "cache", "service", "pull", "stream", "waitUntil", "listener"];
    assert.deepEqual(await json(mf), Object.fromEntries(names.map((name) => [name, "value"])));
  });

  test("has values at the top level, where there is no request", async (t) => {
    const script = `${STORAGE} const top = storage.run(1, () => AsyncLocalStorage.snapshot());
      const early = storage.run(2, async () => { await null; return storage.getStore(); });
      export default { async fetch() { return Response.json([await early, top(() => storage.getStore()), storage.getStore() ?? null]); } };`;
    assert.deepEqual(await json(create(t, { script, ...FLAGS })), [2, 1, null]);
  });

  test("ties a bound function to its request, from 2025-06-16", async (t) => {
    const script = `${STORAGE} let bound;
      export default { fetch() {
        bound ??= storage.run(1, () => AsyncLocalStorage.bind(() => storage.getStore()));
        try { return Response.json(bound()); } catch (error) { return Response.json(error.message); }
      } };`;
    const [free, tied] = ["2025-06-15", "2025-06-16"].map((compatibilityDate) =>
      create(t, { script, ...FLAGS, compatibilityDate }),
    );
    assert.deepEqual([await json(free), await json(free)], [1, 1]);
    assert.equal(await json(tied), 1);
    assert.match(await json(tied), /outside of the request in which it was created/);
  });

  test("refuses enterWith and disable", async (t) => {
    const script = `${STORAGE} export default { fetch() {
      const failures = [() => storage.enterWith(1), () => storage.disable()].map((work) => { try { work(); } catch (error) { return error.message; } });
      return Response.json(failures);
    } };`;
    const expected = ["enterWith", "disable"].map((method) => `asyncLocalStorage.${method}() is not implemented`);
    assert.deepEqual(await json(create(t, { script, ...FLAGS })), expected);
  });

  test("is all that there is with the flag nodejs_als", async (t) => {
    const script = `import * as hooks from "node:async_hooks"; export default { fetch: () => Response.json([Object.keys(hooks).sort(), typeof globalThis.process]) };`;
    const mf = create(t, { script, compatibilityFlags: ["nodejs_als"] });
    assert.deepEqual(await json(mf), [["AsyncLocalStorage", "AsyncResource", "default"], "undefined"]);
  });
});
