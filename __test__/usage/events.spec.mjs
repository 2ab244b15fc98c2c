// `mf.usage(work)`: what the worker uses for events whose results have no `usage`.

import { describe } from "node:test";
import assert from "node:assert/strict";
import { create } from "../support/miniflare.mjs";
import { URL_ROOT } from "../support/dispatch.mjs";
import { test } from "../support/test.mjs";

const SCRIPT = `
import { DurableObject } from "cloudflare:workers";
export class Box extends DurableObject {
  get storage() { return this.ctx.storage; }
  async fetch() { await this.storage.setAlarm(Date.now() + 60_000); return new Response(); }
  async alarm() { await this.storage.put("rang", true); }
  async mark() { await this.storage.put("a", 1); }
}
function spin() { const end = performance.now(); let sum = 0; for (let i = 0; i < 2e6; i++) sum += i % 7; return sum + end; }
export default {
  async fetch(request, env) { await env.KV.get("a"); return new Response(); },
  async scheduled(controller, env, ctx) {
    spin();
    await env.KV.put("a", "1");
    ctx.waitUntil(env.KV.put("b", "1"));
  },
  async queue(batch, env) { for (const { body } of batch.messages) await env.KV.put(body, "1"); },
  async email(message, env) { await env.KV.delete("a"); },
  async tail(items, env) { await env.KV.list(); },
};`;

const start = (t, more) => create(t, { script: SCRIPT, kvNamespaces: ["KV"], durableObjects: { BOX: "Box" }, ...more });
const KV = { reads: 0, writes: 0, deletes: 0, lists: 0 };

describe("mf.usage has what the worker uses for", () => {
  test("a scheduled event, with what it waits for", async (t) => {
    const mf = start(t);
    const { kv, cpuMs, internalSubrequests, subrequests, gateMs } = await mf.usage(() => mf.dispatchScheduled());
    assert.deepEqual(kv, { KV: { ...KV, writes: 2 } });
    assert.deepEqual([internalSubrequests, subrequests], [2, 0]);
    assert.ok(cpuMs > 0, `${cpuMs} ms`);
    assert.ok(gateMs >= 0);
  });

  test("a batch of a queue that a test dispatches", async (t) => {
    const mf = start(t);
    const messages = ["a", "b", "c"].map((body) => ({ id: body, timestamp: new Date(), body }));
    const { kv } = await mf.usage(() => mf.dispatchQueue("queue", messages));
    assert.deepEqual(kv, { KV: { ...KV, writes: 3 } });
  });

  test("an email, and the items of a tail", async (t) => {
    const mf = start(t);
    const email = { from: "a@example.com", to: "b@example.com", raw: "Subject: Hi\r\n\r\nText" };
    assert.deepEqual((await mf.usage(() => mf.dispatchEmail(email))).kv, { KV: { ...KV, deletes: 1 } });
    assert.deepEqual((await mf.usage(() => mf.dispatchTail([]))).kv, { KV: { ...KV, lists: 1 } });
  });

  test("an alarm, and a call of a method of an object", async (t) => {
    const mf = start(t);
    const namespace = await mf.getDurableObjectNamespace("BOX");
    const box = namespace.get(namespace.idFromName("a"));
    await box.fetch(URL_ROOT);
    const { durableObjects } = await mf.usage(() => mf.flushDurableObjectAlarms());
    assert.equal(durableObjects.BOX.writes, 1);
    const called = await mf.usage(() => box.mark());
    assert.equal(called.durableObjects.BOX.writes, 1);
  });

  test("several events together, and none that began before", async (t) => {
    const mf = start(t);
    await mf.dispatchScheduled();
    const usage = await mf.usage(() => Promise.all([mf.dispatchScheduled(), mf.dispatchFetch(URL_ROOT)]));
    assert.deepEqual(usage.kv, { KV: { ...KV, writes: 2, reads: 1 } });
    const { kv, cpuMs, internalSubrequests } = await mf.usage(() => {});
    assert.deepEqual([kv, cpuMs, internalSubrequests], [{}, 0, 0]);
  });

  test("the same events in another call that is under way", async (t) => {
    const mf = start(t);
    let inner;
    const outer = await mf.usage(async () => {
      inner = await mf.usage(() => mf.dispatchScheduled());
      await mf.dispatchFetch(URL_ROOT);
    });
    assert.deepEqual(inner.kv, { KV: { ...KV, writes: 2 } });
    assert.deepEqual(outer.kv, { KV: { ...KV, writes: 2, reads: 1 } });
    assert.ok(outer.cpuMs >= inner.cpuMs);
  });

  test("the main worker, or a mount", async (t) => {
    const api = { modules: true, script: SCRIPT, kvNamespaces: ["KV"] };
    const mf = start(t, { mounts: { api } });
    const mount = await mf.getMount("api");
    const both = () => Promise.all([mount.dispatchScheduled(), mf.dispatchFetch(URL_ROOT)]);
    assert.deepEqual((await mount.usage(both)).kv, { KV: { ...KV, writes: 2 } });
    assert.deepEqual((await mf.usage(both)).kv, { KV: { ...KV, reads: 1 } });
  });
});

describe("mf.usage rejects", () => {
  test("with what the function throws, and if the worker ends", async (t) => {
    const mf = start(t);
    const failing = () => Promise.reject(new RangeError("thrown"));
    await assert.rejects(mf.usage(failing), { name: "RangeError", message: "thrown" });
    await assert.rejects(
      mf.usage(() => mf.reload()),
      { code: "ERR_RELOADED" },
    );
    await assert.rejects(
      mf.usage(() => mf.dispose()),
      { code: "ERR_DISPOSED" },
    );
  });

  test("without a function", async (t) => {
    await assert.rejects(start(t).usage(), /usage\(\): expected a function, got undefined/);
  });
});
