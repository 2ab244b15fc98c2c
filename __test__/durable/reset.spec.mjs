// Tags: oracle, every-node
// An object whose `blockConcurrencyWhile` fails, or takes too long, is reset: nothing of it answers any more, and the next
// request constructs it again.

import { describe } from "node:test";
import assert from "node:assert/strict";
import { create, differs } from "../support/miniflare.mjs";
import { json, rejection, text, turns, URL_ROOT } from "../support/dispatch.mjs";
import { test } from "../support/test.mjs";

const TOO_LONG =
  "A call to blockConcurrencyWhile() in a Durable Object waited for too long. The call was canceled and the Durable Object was reset.";
const lives = differs("the object lives on");

/** A worker whose object, of which `made` counts the constructions, has these members, and no rejections that nobody handles. */
function withMembers(t, members, options = {}) {
  const unhandled = [];
  const note = (reason) => unhandled.push(reason);
  process.on("unhandledRejection", note);
  t.after(async () => {
    await turns();
    process.off("unhandledRejection", note);
    assert.deepEqual(unhandled, []);
  });
  return create(t, {
    durableObjects: { BOX: "Box" },
    script: `
    let made = 0;
    export class Box { ${members} }
    export default { fetch: (request, env) => env.BOX.get(env.BOX.idFromName("name")).fetch(request) };`,
    ...options,
  });
}

/** The first construction fails, in a way; the others do not. */
const failsAtFirst = (call) => `
  constructor(state) {
    this.number = ++made;
    const fail = async () => {
      await state.storage.get("key");
      await scheduler.wait(5);
      if (this.number === 1) throw new RangeError("not ready");
      this.ready = true;
    };
    ${call};
  }
  async fetch() { return Response.json([this.number, this.ready]); }`;

describe("a constructor's blockConcurrencyWhile that fails", lives, () => {
  const CALLS = {
    "and is not awaited": "state.blockConcurrencyWhile(fail)",
    "and is kept for later": "this.initialised = state.blockConcurrencyWhile(fail)",
    "beside one that does not": "state.blockConcurrencyWhile(async () => {}); state.blockConcurrencyWhile(fail)",
    "within another": "state.blockConcurrencyWhile(() => state.blockConcurrencyWhile(fail))",
  };
  for (const [name, call] of Object.entries(CALLS)) {
    test(`${name} rejects what waits for the object, which is constructed again`, async (t) => {
      const mf = withMembers(t, failsAtFirst(call));
      await mf.getBindings();
      // Both requests are there before the constructor fails, however long that takes.
      await mf.clock.advance(0);
      const waiting = Promise.all([rejection(mf.dispatchFetch(URL_ROOT)), rejection(mf.dispatchFetch(URL_ROOT))]);
      await turns();
      mf.clock.release();
      for (const error of await waiting) assert.deepEqual([error.name, error.message], ["RangeError", "not ready"]);
      assert.deepEqual(await json(mf), [2, true]);
    });
  }

  test("at once rejects the request that constructs it", async (t) => {
    const members = `
      constructor(state) {
        state.blockConcurrencyWhile(() => {
          if (++made === 1) throw new RangeError("not ready");
        });
      }
      async fetch() { return Response.json(made); }`;
    const mf = withMembers(t, members);
    assert.equal((await rejection(mf.dispatchFetch(URL_ROOT))).message, "not ready");
    assert.equal(await json(mf), 2);
  });

  test("rejects requests from outside, and alarms, which are delivered again", async (t) => {
    const members = `
      constructor(state) {
        state.blockConcurrencyWhile(async () => { if (++made < 3) throw new Error("not ready"); });
        this.storage = state.storage;
      }
      async fetch() { return Response.json([made, await this.storage.get("rung") ?? null]); }
      alarm() { return this.storage.put("rung", made); }`;
    const mf = withMembers(t, members, { durableObjectsAlarms: false });
    const namespace = await mf.getDurableObjectNamespace("BOX");
    const id = namespace.idFromName("name");
    assert.equal((await rejection(namespace.get(id).fetch(URL_ROOT))).message, "not ready");
    const storage = await mf.getDurableObjectStorage(id);
    await storage.setAlarm(Date.now());
    const failed = await rejection(mf.flushDurableObjectAlarms([id]));
    assert.match([failed, ...(failed.errors ?? [])].map(({ message }) => message).join(), /not ready/);
    await mf.flushDurableObjectAlarms([id]);
    assert.deepEqual(await (await namespace.get(id).fetch(URL_ROOT)).json(), [3, 3]);
  });
});

describe("blockConcurrencyWhile that takes too long", lives, () => {
  const WAIT = `
    constructor(state) {
      this.number = ++made;
      if (this.number === 1) state.blockConcurrencyWhile(() => scheduler.wait(31_000));
    }
    async fetch() { return new Response(String(this.number)); }`;

  test("rejects after 30 s of the instance's clock, and resets the object", async (t) => {
    const mf = withMembers(t, WAIT);
    await mf.clock.set(0);
    let settled = false;
    const waiting = rejection(mf.dispatchFetch(URL_ROOT)).finally(() => (settled = true));
    await mf.clock.advance(29_999);
    await turns();
    assert.equal(settled, false);
    await mf.clock.advance(1);
    assert.equal((await waiting).message, TOO_LONG);
    assert.equal(await text(mf), "2");
  });

  test("does nothing to one that ends before", async (t) => {
    const mf = withMembers(t, WAIT.replace("31_000", "29_999"));
    await mf.clock.set(0);
    const answer = text(mf);
    await mf.clock.advance(60_000);
    assert.equal(await answer, "1");
  });

  test("that waits for its own object too", async (t) => {
    const members = `
      constructor(state, env) {
        this.number = ++made;
        const self = env.BOX.get(state.id);
        if (this.number === 1) state.blockConcurrencyWhile(() => self.fetch("http://localhost/"));
      }
      async fetch() { return new Response(String(this.number)); }`;
    const mf = withMembers(t, members);
    await mf.clock.set(0);
    const waiting = rejection(mf.dispatchFetch(URL_ROOT));
    await mf.clock.advance(30_000);
    assert.equal((await waiting).message, TOO_LONG);
    assert.equal(await text(mf), "2");
  });
});

describe("an object that is reset while it handles requests", lives, () => {
  const members = `
    constructor(state) {
      this.number = ++made;
      Object.assign(this, { state, seen: [] });
    }
    async fetch(request) {
      const { storage } = this.state;
      switch (new URL(request.url).pathname) {
        case "/hang": return new Promise(() => {});
        case "/fail":
          await this.state.blockConcurrencyWhile(async () => { throw new RangeError("reset"); }).catch(() => {});
          return new Response("caught");
        case "/write":
          setInterval(() => storage.put("interval", this.number), 1);
          await this.state.blockConcurrencyWhile(() => Promise.reject(new Error("reset"))).catch(() => {});
          try { await storage.put("zombie", this.number); } catch {}
          return new Response();
        case "/stored": return Response.json([...await storage.list()]);
        default: return new Response(String(this.number));
      }
    }`;
  const ask = (mf, path) => mf.dispatchFetch(`${URL_ROOT}${path}`);

  test("rejects all of them, the one that caught the error too", async (t) => {
    const mf = withMembers(t, members);
    assert.equal(await text(mf), "1");
    const hanging = rejection(ask(mf, "hang"));
    const failing = rejection(ask(mf, "fail"));
    for (const error of await Promise.all([hanging, failing])) {
      assert.deepEqual([error.name, error.message], ["RangeError", "reset"]);
    }
    assert.equal(await text(mf), "2");
  });

  test("writes nothing any more, and its timers are over", async (t) => {
    const mf = withMembers(t, members);
    assert.equal((await rejection(ask(mf, "write"))).message, "reset");
    assert.deepEqual(await json(mf, `${URL_ROOT}stored`), []);
    await turns();
    assert.deepEqual(await json(mf, `${URL_ROOT}stored`), []);
    assert.equal(await text(mf), "2");
  });

  test("keeps what it had stored before", async (t) => {
    const stored = `
      constructor(state) { Object.assign(this, { state, number: ++made }); }
      async fetch() {
        if (this.number > 1) return Response.json(await this.state.storage.get("key"));
        await this.state.storage.put("key", "kept");
        await this.state.blockConcurrencyWhile(() => Promise.reject(new Error("reset")));
      }`;
    const mf = withMembers(t, stored);
    assert.equal((await rejection(mf.dispatchFetch(URL_ROOT))).message, "reset");
    assert.equal(await json(mf), "kept");
  });
});

test("what a constructor began before it threw is no part of the next object", lives, async (t) => {
  const members = `
    constructor(state) {
      this.number = ++made;
      if (this.number > 1) return;
      state.blockConcurrencyWhile(async () => { await scheduler.wait(5); throw new Error("of the first"); });
      throw new Error("constructor");
    }
    async fetch() { return new Response(String(this.number)); }`;
  const mf = withMembers(t, members);
  assert.equal((await rejection(mf.dispatchFetch(URL_ROOT))).message, "constructor");
  assert.equal(await text(mf), "2");
  await mf.clock.advance(10);
  assert.equal(await text(mf), "2");
});

test("blockConcurrencyWhile takes a function", lives, async (t) => {
  const members = `
    constructor(state) { state.blockConcurrencyWhile("text"); }
    async fetch() { return new Response(); }`;
  const error = await rejection(withMembers(t, members).dispatchFetch(URL_ROOT));
  assert.deepEqual([error.name, /parameter 1 is not of type 'Function'/.test(error.message)], ["TypeError", true]);
});
