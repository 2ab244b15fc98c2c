// Tags: oracle, every-node
// Alarms of Durable Objects: what the calls take and give, and when the object is called.

import { describe } from "node:test";
import assert from "node:assert/strict";
import { create, differs } from "../support/miniflare.mjs";
import { json, text, URL_ROOT } from "../support/dispatch.mjs";
import { test } from "../support/test.mjs";

/**
 * A worker whose object has the members `members` and runs `body`, and a promise of what it first passes to `env.tell`.
 * `later` gives a time that does not come while the test runs.
 */
function withAlarm(t, members, body, options = {}) {
  let resolve;
  const promise = new Promise((done) => {
    resolve = done;
  });
  const script = `
    const later = () => Date.now() + 3_600_000;
    const caught = async (act) => {
      try { await act(); return null; } catch ({ name, message }) { return name + ": " + message; }
    };
    export class Box {
      constructor(state, env) { this.state = state; this.storage = state.storage; this.env = env; }
      ${members}
      async fetch(request) {
        const { storage, state, env } = this;
        const value = await (async () => { ${body}\n })();
        return Response.json(value === undefined ? null : value);
      }
    }
    export default { fetch: (request, env) => env.BOX.get(env.BOX.idFromName("name")).fetch(request) };`;
  const bindings = { tell: (...values) => resolve(values) };
  const mf = create(t, { durableObjects: { BOX: "Box" }, script, ...options, bindings });
  return { mf, told: promise };
}

const TELLS = "async alarm() { this.env.tell(await this.storage.getAlarm(), await this.storage.get('key') ?? null); }";
const run = (t, body, members = "alarm() {}") => json(withAlarm(t, members, body).mf);

describe("an alarm", () => {
  test("is null, then the time it was set to, and null again when it was deleted", async (t) => {
    const body = `
      const times = [await storage.getAlarm()];
      const time = later();
      await storage.setAlarm(time);
      times.push(await storage.getAlarm() === time);
      await storage.setAlarm(new Date(time + 5));
      times.push(await storage.getAlarm() - time);
      await storage.deleteAlarm();
      return [...times, await storage.getAlarm()];`;
    assert.deepEqual(await run(t, body), [null, true, 5, null]);
  });

  test("of a time that has passed is delivered at once, and is gone for its handler", async (t) => {
    const { mf, told } = withAlarm(t, TELLS, `await storage.put("key", 1); await storage.setAlarm(1); return 0;`);
    await json(mf);
    assert.deepEqual(await told, [null, 1]);
  });

  test("is delivered when its time has come", async (t) => {
    const { mf, told } = withAlarm(
      t,
      "async alarm() { this.env.tell(this.time <= Date.now()); }",
      "await storage.setAlarm(this.time = Date.now() + 30); return 0;",
    );
    await json(mf);
    assert.deepEqual(await told, [true]);
  });

  test("that was put off is not delivered at the time before", async (t) => {
    const body = `
      if (request.url.endsWith("/other")) return void await storage.setAlarm(Date.now() + 2_000);
      await storage.setAlarm(Date.now() + 1_000);
      await storage.setAlarm(Date.now() + 20_000);
      this.putOff = true;
      await env.BOX.get(env.BOX.idFromName("other")).fetch("http://localhost/other");`;
    const members = "alarm() { this.env.tell(this.putOff ?? null); }";
    const { mf, told } = withAlarm(t, members, body);
    await json(mf);
    assert.deepEqual(await told, [null]);
  });

  test("constructs the object when it does not live", async (t) => {
    const { mf, told } = withAlarm(t, TELLS, "");
    const namespace = await mf.getDurableObjectNamespace("BOX");
    const storage = await mf.getDurableObjectStorage(namespace.idFromName("asleep"));
    await storage.put("key", "seeded");
    await storage.setAlarm(Date.now() - 1);
    assert.deepEqual(await told, [null, "seeded"]);
  });

  test("is hidden from list, and is no key", async (t) => {
    const body = `
      await storage.setAlarm(later());
      await storage.put("key", 1);
      const keys = async (from, options) => [...(await from.list(options)).keys()];
      return [await keys(storage), await keys(storage, { reverse: true, limit: 1 }),
        await storage.transaction((txn) => keys(txn, { start: "a" }))];`;
    assert.deepEqual(await run(t, body), [["key"], ["key"], ["key"]]);
  });

  test("survives reload and setOptions", async (t) => {
    const { mf } = withAlarm(t, "alarm() {}", "storage.setAlarm(later()); return storage.getAlarm();");
    const time = await json(mf);
    const namespace = await mf.getDurableObjectNamespace("BOX");
    const id = namespace.idFromName("name");
    await mf.reload();
    assert.equal(await (await mf.getDurableObjectStorage(id)).getAlarm(), time);
    await mf.setOptions({ compatibilityFlags: [] });
    assert.equal(await (await mf.getDurableObjectStorage(id)).getAlarm(), time);
  });

  test("goes with deleteAll", differs("its handler is called nevertheless"), async (t) => {
    const body = `
      await storage.setAlarm(Date.now() + 3);
      await storage.deleteAll();
      const gone = await storage.getAlarm();
      await storage.setAlarm(Date.now() + 30);
      this.isLast = true;
      return gone;`;
    const { mf, told } = withAlarm(t, "alarm() { this.env.tell(this.isLast); }", body);
    assert.equal(await json(mf), null);
    assert.deepEqual(await told, [true]);
  });

  test("can be set again by its handler", async (t) => {
    const members = `
      count = 0;
      async alarm() {
        if (++this.count === 3) return this.env.tell(this.count, await this.storage.getAlarm());
        await this.storage.setAlarm(Date.now());
      }`;
    const { mf, told } = withAlarm(t, members, "await storage.setAlarm(Date.now()); return 0;");
    await json(mf);
    assert.deepEqual(await told, [3, null]);
  });

  test("has a handler that may do what requests may", async (t) => {
    const members = `async alarm() {
      await new Promise((resolve) => setTimeout(resolve, 1));
      this.env.tell(crypto.getRandomValues(new Uint8Array(2)).length);
    }`;
    const { mf, told } = withAlarm(t, members, "await storage.setAlarm(1); return 0;");
    await json(mf);
    assert.deepEqual(await told, [2]);
  });

  test("waits for the object's gate", async (t) => {
    const members = "alarm() { this.env.tell(this.done); }";
    const body = `return state.blockConcurrencyWhile(async () => {
      await storage.setAlarm(1);
      await scheduler.wait(20);
      this.done = "done";
      return 0;
    });`;
    const { mf, told } = withAlarm(t, members, body);
    await json(mf);
    assert.deepEqual(await told, ["done"]);
  });
});

describe("setAlarm", () => {
  test("refuses times of before the epoch, and nothing is poisoned", differs("the request fails too"), async (t) => {
    const body = `return [await caught(() => storage.setAlarm(0)), await caught(() => storage.setAlarm(new Date(-1))),
      await storage.getAlarm()];`;
    const text = "TypeError: setAlarm() cannot be called with an alarm time <= 0";
    assert.deepEqual(await run(t, body), [text, text, null]);
  });

  test("refuses a value that is not a time", differs("NaN is stored, and never comes"), async (t) => {
    const body = `return [await caught(() => storage.setAlarm(NaN)), await caught(() => storage.setAlarm("soon")),
      await caught(() => storage.setAlarm(Infinity)), await caught(() => storage.setAlarm(new Date("never")))];`;
    const takes = "TypeError: setAlarm() takes a time, a Date or a number of milliseconds since the epoch, got ";
    const got = ["NaN (number)", "soon (string)", "Infinity (number)", "Invalid Date"];
    assert.deepEqual(
      await run(t, body),
      got.map((value) => takes + value),
    );
  });

  test("needs a handler in the class", differs("a caught error still fails the request"), async (t) => {
    const body = `
      return [await storage.getAlarm(), await caught(() => storage.setAlarm(later())),
        await caught(() => storage.transaction(async (txn) => txn.setAlarm(later()))), await storage.deleteAlarm() ?? null];`;
    const text = "Error: Your Durable Object class must have an alarm() handler in order to call setAlarm()";
    assert.deepEqual(await run(t, body, ""), [null, text, text, null]);
  });

  test("may be called by the constructor, and before there is an object", async (t) => {
    const { mf } = withAlarm(t, "ready = this.state?.storage; alarm() {}", "return storage.getAlarm();");
    const namespace = await mf.getDurableObjectNamespace("BOX");
    const id = namespace.idFromName("name");
    const time = Date.now() + 3_600_000;
    await (await mf.getDurableObjectStorage(id)).setAlarm(time);
    assert.equal(await json(mf), time);
  });
});

describe("a transaction", () => {
  test("sees its own alarm, and sets it when it commits", async (t) => {
    const body = `
      const time = later();
      const seen = await storage.transaction(async (txn) => {
        txn.setAlarm(time);
        return [await txn.getAlarm() === time, await storage.getAlarm()];
      });
      return [...seen, await storage.getAlarm() === time];`;
    assert.deepEqual(await run(t, body), [true, null, true]);
  });

  test("that is rolled back or fails leaves the alarm as it was", async (t) => {
    const body = `
      const time = later();
      await storage.setAlarm(time);
      await storage.transaction(async (txn) => { await txn.deleteAlarm(); txn.rollback(); });
      return await storage.getAlarm() === time;`;
    assert.deepEqual(await run(t, body), true);
  });

  test("that is over or rolled back takes no calls about alarms", async (t) => {
    const body = `
      const refusals = [];
      let outside;
      await storage.transaction(async (txn) => {
        outside = txn;
        txn.rollback();
        for (const call of ["getAlarm", "setAlarm", "deleteAlarm"]) refusals.push(await caught(() => txn[call](later())));
      });
      return refusals;`;
    assert.deepEqual(
      await run(t, body),
      ["getAlarm", "setAlarm", "deleteAlarm"].map((call) => `Error: Cannot ${call}() on rolled back transaction`),
    );
  });

  test("runs again when the alarm it has read was set meanwhile", async (t) => {
    const body = `
      const seen = [];
      const time = later();
      await storage.transaction(async (txn) => {
        seen.push(await txn.getAlarm());
        if (seen.length === 1) await storage.setAlarm(time, { allowConcurrency: true });
      });
      return [seen[0], seen[1] === time, seen.length];`;
    assert.deepEqual(await run(t, body), [null, true, 2]);
  });
});

describe("durableObjectsAlarms: false", () => {
  test("keeps alarms without delivering them", differs("setAlarm fails, and the request with it"), async (t) => {
    const { mf } = withAlarm(
      t,
      "alarm() { this.rung = true; }",
      "if (!this.set) { this.set = 1; await storage.setAlarm(5); } return [await storage.getAlarm(), this.rung ?? null];",
      { durableObjectsAlarms: false },
    );
    assert.deepEqual(await json(mf), [5, null]);
    await new Promise(setImmediate);
    assert.deepEqual(await json(mf), [5, null]);
    await mf.setOptions({ durableObjectsAlarms: undefined });
    await text(mf, URL_ROOT);
    assert.equal(await mf.flushDurableObjectAlarms(), 0);
    assert.equal((await json(mf))[0], null);
  });
});
