// `node:process`, `node:timers` and `node:diagnostics_channel` in a worker.

import { describe } from "node:test";
import assert from "node:assert/strict";
import { create, Log } from "../support/miniflare.mjs";
import { json, rejection, text, URL_ROOT } from "../support/dispatch.mjs";
import { FLAGS, sameAsNode } from "../support/nodejs.mjs";
import { test } from "../support/test.mjs";

sameAsNode(
  "node:timers",
  { timers: "node:timers", promises: "node:timers/promises" },
  {
    "calls back": `return Promise.all([new Promise((resolve) => timers.setTimeout((...args) => resolve(args), 1, 2, 3)), new Promise((resolve) => timers.setImmediate(resolve, 4)),
        new Promise((resolve) => { let count = 0; const timer = timers.setInterval(() => { if (++count === 2) { timers.clearInterval(timer); resolve(count); } }, 1); })]);`,
    "is stopped": `let called = false;
      const timer = timers.setTimeout(() => { called = true; }, 1);
      timers.clearTimeout(timer);
      const immediate = timers.setImmediate(() => { called = true; });
      timers.clearImmediate(immediate);
      const byNumber = timers.setTimeout(() => { called = true; }, 1);
      timers.clearTimeout(+byNumber);
      timers.clearTimeout(undefined);
      await promises.setTimeout(5);
      return [called, timer.hasRef(), timer.unref().hasRef(), typeof timer.refresh, caught(() => timers.setTimeout("x")).code];`,
    "gives promises": `const seen = [];
      for await (const value of promises.setInterval(1, "x")) { seen.push(value); if (seen.length === 2) break; }
      const aborted = await promises.setTimeout(1000, 1, { signal: AbortSignal.abort() }).catch((error) => [error.name, error.code]);
      const controller = new AbortController();
      const waiting = promises.setTimeout(1000, 1, { signal: controller.signal }).catch((error) => error.name);
      controller.abort();
      await promises.scheduler.wait(1);
      return [await promises.setTimeout(1, "value"), await promises.setImmediate("now"), seen, aborted, await waiting];`,
  },
);

sameAsNode(
  "node:diagnostics_channel",
  { channels: "node:diagnostics_channel", hooks: "node:async_hooks" },
  {
    "publishes to subscribers": `const channel = channels.channel("a");
      const seen = [];
      const subscriber = (message, name) => seen.push([message, name]);
      channels.subscribe("a", subscriber);
      channel.publish({ x: 1 });
      const had = channels.hasSubscribers("a");
      return [channels.channel("a") === channel, had, channels.unsubscribe("a", subscriber), channels.unsubscribe("a", subscriber), channel.hasSubscribers, seen, caught(() => channels.channel(1)).code, caught(() => channel.subscribe(1)).code];`,
    "runs with storages": `const storage = new hooks.AsyncLocalStorage();
      const channel = channels.channel("b");
      channel.bindStore(storage, (message) => message.x + 1);
      const inside = channel.runStores({ x: 1 }, function (a) { return [storage.getStore(), this.y, a]; }, { y: 2 }, 3);
      return [inside, storage.getStore(), channel.unbindStore(storage), channel.runStores({ x: 1 }, () => storage.getStore())];`,
    traces: `const tracing = channels.tracingChannel("c");
      const seen = [];
      tracing.subscribe(Object.fromEntries(["start", "end", "asyncStart", "asyncEnd", "error"].map((name) => [name, (message) => seen.push([name, message.result, message.error?.message])])));
      const sync = tracing.traceSync((a) => a + 1, {}, undefined, 1);
      const failed = caught(() => tracing.traceSync(() => { throw new Error("x"); }));
      const promise = await tracing.tracePromise(async () => 5);
      await new Promise((resolve) => tracing.traceCallback((done) => setTimeout(() => done(null, 6), 1), -1, {}, undefined, () => setTimeout(resolve, 1)));
      return [sync, failed, promise, seen];`,
  },
);

const handler = (body) => `export default { async fetch(request, env, ctx) { ${body} } };`;

describe("node:process", () => {
  test("describes a worker", async (t) => {
    const script = handler(
      `return Response.json([process.platform, process.cwd(), process.version.startsWith("v22."), process.versions.node.startsWith("22."), process.argv.length > 0, process.pid, typeof process.hrtime.bigint(), process.hrtime().length, process.uptime() >= 0, process.exitCode ?? null, String(process)]);`,
    );
    const expected = ["linux", "/bundle", true, true, true, 1, "bigint", 2, true, null, "[object process]"];
    assert.deepEqual(await json(create(t, { script, ...FLAGS })), expected);
  });

  test("runs ticks in order, with their arguments", async (t) => {
    const script = handler(`const seen = [];
      process.nextTick((a) => { seen.push(a); process.nextTick(() => seen.push("inner")); }, "first");
      process.nextTick(() => seen.push("second"));
      seen.push("now");
      await scheduler.wait(1);
      return Response.json(seen);`);
    assert.deepEqual(await json(create(t, { script, ...FLAGS })), ["now", "first", "second", "inner"]);
  });

  test("writes to the log, and warns", async (t) => {
    class Kept extends Log {
      lines = [];
      log(line) {
        this.lines.push(line);
      }
    }
    const script =
      handler(`const warned = new Promise((resolve) => process.on("warning", (warning) => resolve([warning.name, warning.code, warning.message])));
      process.emitWarning("careful", "DeprecationWarning", "DEP0");
      return Response.json([process.stdout.write("x\\n"), typeof process.stderr.write, process.stdout.isTTY, await warned]);`);
    const mf = create(t, { script, ...FLAGS, log: new Kept() });
    assert.deepEqual(await json(mf), [true, "function", false, ["DeprecationWarning", "DEP0", "careful"]]);
  });

  test("exit fails the request, and the worker goes on", async (t) => {
    const script = handler(
      `if (new URL(request.url).pathname === "/exit") process.exit(3); return new Response("on");`,
    );
    const mf = create(t, { script, ...FLAGS });
    const error = await rejection(mf.dispatchFetch(`${URL_ROOT}exit`));
    assert.match(error.message, /process\.exit\(3\) was called/);
    assert.equal(await text(mf), "on");
  });
});
