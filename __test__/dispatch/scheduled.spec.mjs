// Tags: oracle, every-node
// dispatchScheduled: what the handler is told, and what the caller gets back.

import { describe } from "node:test";
import assert from "node:assert/strict";
import { create } from "../support/miniflare.mjs";
import { deepEqualOutside, rejection } from "../support/dispatch.mjs";
import { test } from "../support/test.mjs";

describe("dispatchScheduled to a module", () => {
  test("hands over time, cron, env and context, and returns what is returned", async (t) => {
    const mf = create(t, {
      bindings: { KEY: "value" },
      script: `
    const handlers = {
      scheduled(controller, env, ctx) {
        return { ...controller, key: env.KEY, waits: typeof ctx.waitUntil, same: this === handlers };
      }
    };
    export default handlers;`,
    });
    deepEqualOutside(await mf.dispatchScheduled(1000, "30 * * * *"), [
      { scheduledTime: 1000, cron: "30 * * * *", key: "value", waits: "function", same: true },
    ]);
  });

  test("defaults to now and an empty cron", async (t) => {
    const mf = create(t, {
      script: `export default {
      scheduled: ({ scheduledTime, cron }) => [scheduledTime, cron]
    }`,
    });
    const before = Date.now();
    const [[scheduledTime, cron]] = await mf.dispatchScheduled();
    assert.ok(scheduledTime >= before && scheduledTime <= Date.now(), String(scheduledTime));
    assert.equal(cron, "");
  });

  test("collects waitUntil values and the returned promise", async (t) => {
    const mf = create(t, {
      script: `export default {
      async scheduled(controller, env, ctx) {
        ctx.waitUntil(new Promise((resolve) => setTimeout(resolve, 5, "waited")));
        await null;
        ctx.waitUntil("added");
        return "returned";
      }
    }`,
    });
    assert.deepEqual(new Set(await mf.dispatchScheduled()), new Set(["waited", "added", "returned"]));
  });

  test("resolves to nothing without a return value or without a handler", async (t) => {
    assert.deepEqual(await create(t, { script: "export default { scheduled() {} }" }).dispatchScheduled(), []);
    assert.deepEqual(await create(t, { script: "export default {}" }).dispatchScheduled(), []);
  });

  const failures = {
    "a thrown error": `scheduled() { throw new RangeError("failed"); }`,
    "a rejected promise": `async scheduled() { await null; throw new RangeError("failed"); }`,
    "a rejected waitUntil": `scheduled(c, e, ctx) { ctx.waitUntil(Promise.reject(new RangeError("failed"))); }`,
  };
  for (const [name, handler] of Object.entries(failures)) {
    test(`rejects with ${name}`, async (t) => {
      const error = await rejection(create(t, { script: `export default { ${handler} }` }).dispatchScheduled());
      assert.equal(error.name, "RangeError");
      assert.equal(error.message, "failed");
    });
  }

  test("changes state that the next event sees", async (t) => {
    const mf = create(t, { script: `let runs = 0; export default { scheduled: () => ++runs }` });
    assert.deepEqual(await mf.dispatchScheduled(), [1]);
    assert.deepEqual(await mf.dispatchScheduled(), [2]);
  });
});

describe("dispatchScheduled to a service worker", () => {
  test("hands over a ScheduledEvent", async (t) => {
    const mf = create(t, {
      script: `addEventListener("scheduled", (event) => {
      for (const value of [event.type, event instanceof ScheduledEvent, event.scheduledTime, event.cron]) {
        event.waitUntil(Promise.resolve(value));
      }
    });`,
    });
    assert.deepEqual(await mf.dispatchScheduled(5, "* * * * *"), ["scheduled", true, 5, "* * * * *"]);
  });

  test("collects the values of every listener", async (t) => {
    const mf = create(t, {
      script: `
    addEventListener("scheduled", (event) => event.waitUntil(1));
    addEventListener("scheduled", (event) => event.waitUntil(2));`,
    });
    assert.deepEqual(await mf.dispatchScheduled(), [1, 2]);
  });

  test("rejects when a listener throws, and stops there", async (t) => {
    const mf = create(t, {
      script: `
    let reached = false;
    addEventListener("scheduled", () => { throw new Error("stop"); });
    addEventListener("scheduled", () => { reached = true; });
    addEventListener("fetch", (event) => event.respondWith(new Response(String(reached))));`,
    });
    assert.equal((await rejection(mf.dispatchScheduled())).message, "stop");
    assert.equal(await (await mf.dispatchFetch("http://localhost/")).text(), "false");
  });

  test("resolves to nothing without a listener", async (t) => {
    assert.deepEqual(await create(t, { script: ";" }).dispatchScheduled(), []);
  });
});
