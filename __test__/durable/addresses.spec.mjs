// How objects are addressed today: `getByName`, the names that objects know of themselves, and jurisdictions.

import { describe } from "node:test";
import assert from "node:assert/strict";
import { json, rejection } from "../support/dispatch.mjs";
import { folder } from "../support/files.mjs";
import { create, Miniflare } from "../support/miniflare.mjs";
import { Miniflare4 } from "../support/miniflare-4.mjs";
import { test } from "../support/test.mjs";

const script = `
export class Box {
  constructor(state, env) {
    this.state = state;
    this.env = env;
    this.atStart = state.id.name ?? null;
  }
  async fetch(request) {
    const { id, storage } = this.state;
    const alarm = new URL(request.url).searchParams.get("alarm");
    if (alarm !== null) await storage.setAlarm(Number(alarm));
    return Response.json([id.name ?? null, this.atStart, id.jurisdiction ?? null]);
  }
  async alarm({ scheduledTime }) {
    await this.env.tell?.([this.state.id.name ?? null, this.atStart, scheduledTime]);
  }
}
export default { async fetch(request, env) {
  const { BOX } = env;
  const asked = async (stub) => (await stub.fetch("http://localhost/")).json();
  const results = {
    named: await asked(BOX.getByName("a", { locationHint: "weur" })),
    same: BOX.getByName("a").id.equals(BOX.idFromName("a")) && BOX.getByName("a").name,
    byId: await asked(BOX.get(BOX.idFromName("b"), { locationHint: "weur", routingMode: "primary-only" })),
    unique: await asked(BOX.get(BOX.newUniqueId())),
    parsed: await asked(BOX.get(BOX.idFromString(BOX.idFromName("c").toString()))),
  };
  return Response.json(results);
} };`;
const options = { modules: true, durableObjects: { BOX: "Box" }, durableObjectsAlarms: false, script };

test("objects know the names that they are asked by, as in Miniflare 4", async (t) => {
  const theirs = new Miniflare4({
    modules: true,
    durableObjects: options.durableObjects,
    script,
    compatibilityDate: "2026-04-01",
  });
  t.after(() => theirs.dispose());
  const ours = create(t, options);
  const expected = await json(theirs);
  assert.deepEqual(expected.named, ["a", "a", null]);
  assert.deepEqual(await json(ours), expected);
});

describe("the name of an object", () => {
  const known = async (stub, query = "") => (await stub.fetch(`http://localhost/${query}`)).json();

  test("comes from Node, too, and survives eviction", async (t) => {
    const mf = create(t, options);
    const ns = await mf.getDurableObjectNamespace("BOX");
    const stub = ns.getByName("a");
    assert.deepEqual(await known(stub), ["a", "a", null]);
    await mf.evictDurableObject(stub);
    assert.deepEqual(await known(ns.get(ns.idFromString(stub.id.toString()))), ["a", "a", null]);
    const name = await mf.runWithDurableObject(ns.idFromName("b"), (_, state) => state.id.name);
    assert.equal(name, "b");
  });

  test("reaches objects of other workers", async (t) => {
    const mf = create(t, {
      modules: true,
      script: 'export default { fetch: (request, env) => env.BOX.getByName("a").fetch(request) };',
      durableObjects: { BOX: { className: "Box", scriptName: "boxes" } },
      mounts: { boxes: options },
    });
    assert.deepEqual(await json(mf), ["a", "a", null]);
  });

  /** What alarms tell. */
  function told() {
    let resolve;
    const next = new Promise((given) => (resolve = given));
    return { bindings: { tell: (what) => resolve(what) }, next };
  }

  test("is known when an alarm constructs it, even in another process", async (t) => {
    const durableObjectsPersist = folder(t);
    const first = new Miniflare({ ...options, durableObjectsPersist });
    const ns = await first.getDurableObjectNamespace("BOX");
    await known(ns.getByName("größe"), "?alarm=5000");
    await first.dispose();
    const { bindings, next } = told();
    const second = create(t, { ...options, durableObjectsPersist, bindings });
    assert.equal(await second.flushDurableObjectAlarms(), 1);
    assert.deepEqual(await next, ["größe", "größe", 5000]);
  });

  test("is undefined in the alarm of an object without one", async (t) => {
    const { bindings, next } = told();
    const mf = create(t, { ...options, bindings });
    const ns = await mf.getDurableObjectNamespace("BOX");
    await known(ns.get(ns.newUniqueId()), "?alarm=5000");
    await mf.flushDurableObjectAlarms();
    assert.deepEqual(await next, [null, null, 5000]);
  });
});

describe("a jurisdiction", () => {
  test("makes other ids, which say so, and which only its namespace and the whole one take", async (t) => {
    const mf = create(t, options);
    const ns = await mf.getDurableObjectNamespace("BOX");
    const [eu, us] = [ns.jurisdiction("eu"), ns.jurisdiction("us")];
    const id = eu.idFromName("a");
    assert.equal(id.jurisdiction, "eu");
    assert.equal("jurisdiction" in ns.idFromName("a"), false);
    assert.equal(new Set([id, us.idFromName("a"), ns.idFromName("a")].map(String)).size, 3);
    for (const unique of [eu.newUniqueId(), ns.newUniqueId({ jurisdiction: "eu" })]) {
      assert.equal(unique.jurisdiction, "eu");
      assert.equal(ns.idFromString(String(unique)).jurisdiction, "eu");
    }
    assert.equal(eu.idFromString(String(id)).jurisdiction, "eu");
    assert.equal(ns.get(id).id, id);
    assert.equal(ns.jurisdiction().idFromName("a").equals(ns.idFromName("a")), true);
    for (const other of [us.idFromName("a"), ns.idFromName("a")]) {
      assert.throws(() => eu.get(other), /^TypeError: get called with an ID of another jurisdiction/);
      assert.throws(() => eu.idFromString(String(other)), /^TypeError: Invalid Durable Object ID/);
    }
  });

  test("is known within the object, and has objects of its own", async (t) => {
    const mf = create(t, options);
    const ns = await mf.getDurableObjectNamespace("BOX");
    const asked = async (stub) => (await stub.fetch("http://localhost/")).json();
    assert.deepEqual(await asked(ns.jurisdiction("eu").getByName("a")), ["a", "a", "eu"]);
    const [found] = await mf.getDurableObjectIds("BOX");
    assert.deepEqual([found.jurisdiction, await asked(ns.get(found))], ["eu", ["a", "a", "eu"]]);
    assert.deepEqual(await asked(ns.getByName("a")), ["a", "a", null]);
    const storage = await mf.getDurableObjectStorage(found);
    await storage.put("key", 1);
    const own = await mf.runWithDurableObject(ns.jurisdiction("eu").idFromName("a"), (_, state) =>
      state.storage.get("key"),
    );
    assert.equal(own, 1);
  });

  test("that is unknown, or another one than the namespace's, is refused", async (t) => {
    const mf = create(t, options);
    const ns = await mf.getDurableObjectNamespace("BOX");
    assert.throws(() => ns.jurisdiction("mars"), { name: "TypeError", message: /unsupported jurisdiction: "mars"/ });
    assert.throws(() => ns.newUniqueId({ jurisdiction: "mars" }), { name: "TypeError", message: /"mars"/ });
    assert.throws(() => ns.jurisdiction("eu").newUniqueId({ jurisdiction: "us" }), {
      name: "TypeError",
      message: /"us"/,
    });
  });
});

describe("abort", () => {
  const withAbort = (t, members, more = {}) =>
    create(t, {
      durableObjects: { BOX: "Box" },
      script: `
        let lives = 0;
        export class Box {
          constructor(state, env) { this.state = state; this.env = env; this.life = ++lives; }
          ${members}
        }
        export default { async fetch(request, env) {
          try {
            return await env.BOX.getByName("a").fetch(request);
          } catch (error) {
            const { name, message, remote, durableObjectReset } = error;
            return Response.json([name, message, remote, durableObjectReset]);
          }
        } };`,
      ...more,
    });
  const RESET = `Application called abort() to reset Durable Object.`;
  const FETCH = `async fetch(request) {
    const { pathname } = new URL(request.url);
    if (pathname === "/wait") await new Promise(() => {});
    if (pathname === "/none") this.state.abort();
    if (pathname === "/text") this.state.abort("text");
    if (pathname === "/abort") this.state.abort(new RangeError("given up"));
    if (pathname === "/caught") {
      try { this.state.abort(new RangeError("given up")); } catch {}
      await this.state.storage.put("after", 1);
    }
    return Response.json([this.life, [...(await this.state.storage.list()).keys()]]);
  }`;

  test("rejects what waits for the object with the reason, and the next request constructs it again", async (t) => {
    const mf = withAbort(t, FETCH);
    assert.deepEqual(await json(mf), [1, []]);
    const waiting = json(mf, "http://localhost/wait");
    const reason = ["RangeError", "given up", true, true];
    assert.deepEqual(await json(mf, "http://localhost/abort"), reason);
    assert.deepEqual(await waiting, reason);
    assert.deepEqual(await json(mf), [2, []]);
  });

  test("has an error of its own, and makes one of text", async (t) => {
    const mf = withAbort(t, FETCH);
    assert.deepEqual(await json(mf, "http://localhost/none"), ["Error", RESET, true, true]);
    assert.deepEqual(await json(mf, "http://localhost/text"), ["Error", "text", true, true]);
  });

  test("ends the object even if its code goes on, which stores nothing any more", async (t) => {
    const mf = withAbort(t, FETCH);
    assert.deepEqual((await json(mf, "http://localhost/caught")).slice(0, 2), ["RangeError", "given up"]);
    assert.deepEqual(await json(mf), [2, []]);
  });

  for (const [retryAlarm, expected] of [
    [true, 1],
    [false, 0],
  ]) {
    test(`in an alarm, with retryAlarm: ${retryAlarm}`, async (t) => {
      const mf = withAbort(
        t,
        `
        async fetch() { await this.state.storage.setAlarm(1); return Response.json(null); }
        alarm({ isRetry }) {
          if (!isRetry) this.state.abort(new RangeError("given up"), { retryAlarm: ${retryAlarm} });
        }`,
        { durableObjectsAlarms: false },
      );
      await json(mf);
      assert.equal((await rejection(mf.flushDurableObjectAlarms())).message, "given up");
      assert.equal(await mf.flushDurableObjectAlarms(), expected);
    });
  }
});
