// What tests can do with objects from outside the worker, beyond requests.

import { describe } from "node:test";
import assert from "node:assert/strict";
import { create } from "../support/miniflare.mjs";
import { json, rejection, turns, URL_ROOT } from "../support/dispatch.mjs";
import { test } from "../support/test.mjs";

const COUNTER = `
  export class Counter {
    constructor(state) { this.state = state; this.storage = state.storage; this.born = 0; }
    async add(step) {
      const count = ((await this.storage.get("count")) ?? 0) + step;
      await this.storage.put("count", count);
      return count;
    }
    async fetch(request) {
      this.born++;
      if (request.url.endsWith("/never")) await new Promise(() => {});
      if (request.url.endsWith("/block")) this.state.blockConcurrencyWhile(() => new Promise(() => {}));
      return Response.json([await this.add(1), this.born]);
    }
  }
  export default { fetch: (request, env) => env.COUNTER.get(env.COUNTER.idFromName("a")).fetch(request) };`;

async function withCounter(t, options = {}) {
  const mf = create(t, { durableObjects: { COUNTER: "Counter" }, script: COUNTER, ...options });
  const namespace = await mf.getDurableObjectNamespace("COUNTER");
  const idOf = (name) => namespace.idFromName(name);
  const fetch = async (name, path = "") => (await namespace.get(idOf(name)).fetch(URL_ROOT + path)).json();
  return { mf, namespace, idOf, fetch };
}

describe("getDurableObjectIds", () => {
  test("gives the objects that live or have stored something, each once, in order", async (t) => {
    const { mf, namespace, idOf, fetch } = await withCounter(t);
    assert.deepEqual(await mf.getDurableObjectIds("COUNTER"), []);
    await fetch("lives and stores");
    await (await mf.getDurableObjectStorage(idOf("stores"))).put("key", 1);
    await mf.runWithDurableObject(idOf("lives"), () => {});
    const ids = await mf.getDurableObjectIds("COUNTER");
    const expected = ["lives and stores", "stores", "lives"].map((name) => String(idOf(name))).sort();
    assert.deepEqual(ids.map(String), expected);
    assert.equal((await namespace.get(ids[0]).fetch(URL_ROOT)).status, 200);
  });

  test("knows only what the binding's objects did", async (t) => {
    const { mf, fetch } = await withCounter(t, { durableObjects: { COUNTER: "Counter", OTHER: "Counter" } });
    await fetch("a");
    assert.deepEqual(await mf.getDurableObjectIds("OTHER"), []);
    assert.deepEqual(await mf.getDurableObjectIds("UNBOUND"), []);
  });
});

describe("evictDurableObject", () => {
  test("has the object constructed again over what it stored", async (t) => {
    const { mf, idOf, fetch } = await withCounter(t);
    assert.deepEqual(
      [await fetch("a"), await fetch("a"), await fetch("b")],
      [
        [1, 1],
        [2, 2],
        [1, 1],
      ],
    );
    assert.equal(await mf.evictDurableObject(idOf("a")), true);
    assert.deepEqual(
      [await fetch("a"), await fetch("b")],
      [
        [3, 1],
        [2, 2],
      ],
    );
  });

  test("says whether there was an object", async (t) => {
    const { mf, idOf, fetch } = await withCounter(t);
    assert.equal(await mf.evictDurableObject(idOf("a")), false);
    await fetch("a");
    assert.deepEqual([await mf.evictDurableObject(idOf("a")), await mf.evictDurableObject(idOf("a"))], [true, false]);
  });

  test("frees an object that blocks itself for ever", async (t) => {
    const { mf, idOf, fetch } = await withCounter(t);
    fetch("a", "block").catch(() => {});
    await turns(2);
    const stuck = fetch("a");
    stuck.catch(() => {});
    await mf.evictDurableObject(idOf("a"));
    assert.deepEqual((await fetch("a"))[1], 1);
  });
});

/** Objects that tick once they have called `start()`, as `members` say when; `ticks(name, count)` awaits so many more. */
async function withTicker(t, members) {
  const counts = new Map();
  const waiting = [];
  const tick = (name) => {
    counts.set(name, (counts.get(name) ?? 0) + 1);
    for (const each of waiting) if (each.name === name && each.count <= counts.get(name)) each.resolve();
  };
  const mf = create(t, {
    durableObjects: { TICKER: "Ticker" },
    bindings: { tick },
    script: `
      export class Ticker {
        constructor(state, env) { Object.assign(this, { state, env }); this.make?.(); }
        ${members}
        start() { setInterval(() => this.env.tick(this.name), 2); }
        async fetch(request) {
          this.name = new URL(request.url).pathname.slice(1);
          return new Response(await this.handle?.() ?? "");
        }
      }
      export default { fetch(request, env) {
        return env.TICKER.get(env.TICKER.idFromName(new URL(request.url).pathname.slice(1))).fetch(request);
      } }`,
  });
  const namespace = await mf.getDurableObjectNamespace("TICKER");
  const ticks = async (name, count) => {
    // Nothing else keeps this process alive: the ticks are nobody's request.
    const alive = setInterval(() => {}, 1000);
    await new Promise((resolve) => waiting.push({ name, count: (counts.get(name) ?? 0) + count, resolve }));
    clearInterval(alive);
  };
  return {
    mf,
    counts,
    ticks,
    idOf: (name) => namespace.idFromName(name),
    ask: (name) => mf.dispatchFetch(URL_ROOT + name),
  };
}

describe("an object's timers", () => {
  const kinds = {
    "of a request": "handle() { this.start(); }",
    "of its constructor": "make() { this.start(); }",
    "of a closure of its own": "handle() { return this.state.blockConcurrencyWhile(async () => this.start()); }",
  };
  for (const [kind, members] of Object.entries(kinds)) {
    test(`${kind} end with it`, async (t) => {
      const { mf, counts, ticks, idOf, ask } = await withTicker(t, members);
      await Promise.all([ask("a"), ask("b")]);
      await Promise.all([ticks("a", 2), ticks("b", 2)]);
      await mf.evictDurableObject(idOf("a"));
      const before = counts.get("a");
      await ticks("b", 5);
      assert.equal(counts.get("a"), before);
      await ask("a");
      await ticks("a", 2);
    });
  }

  test("go on as long as it handles an event", async (t) => {
    const members = `async handle() {
      this.start();
      for (let left = 3; left > 0; left--) await scheduler.wait(2);
      return "handled";
    }`;
    const { mf, counts, ticks, idOf, ask } = await withTicker(t, members);
    const asked = ask("a");
    await ticks("a", 1);
    await mf.evictDurableObject(idOf("a"));
    assert.equal(await (await asked).text(), "handled");
    const before = counts.get("a");
    ask("b");
    await ticks("b", 5);
    assert.equal(counts.get("a"), before);
  });

  test("end when a snapshot is brought back", async (t) => {
    const { mf, counts, ticks, ask } = await withTicker(t, "handle() { this.start(); }");
    const restore = await mf.snapshotStorage();
    await ask("a");
    await ticks("a", 1);
    await restore();
    const before = counts.get("a");
    await ask("b");
    await ticks("b", 5);
    assert.equal(counts.get("a"), before);
  });
});

describe("runWithDurableObject", () => {
  test("calls with the instance and its state, and gives what is returned", async (t) => {
    const { mf, idOf, fetch } = await withCounter(t);
    const id = idOf("a");
    const seen = await mf.runWithDurableObject(id, async (instance, state) => {
      assert.equal(String(state.id), String(id));
      await state.storage.put("count", 41);
      return instance.add(1);
    });
    assert.equal(seen, 42);
    assert.deepEqual(await fetch("a"), [43, 1]);
  });

  test("reaches the very instance that requests reach", async (t) => {
    const { mf, idOf, fetch } = await withCounter(t);
    await mf.runWithDurableObject(idOf("a"), (instance) => {
      instance.add = async () => "spied on";
    });
    assert.deepEqual(await fetch("a"), ["spied on", 1]);
  });

  test("rejects with what the function throws, and when the object cannot be constructed", async (t) => {
    const { mf, idOf } = await withCounter(t);
    const thrown = new RangeError("of the test");
    assert.equal(await rejection(mf.runWithDurableObject(idOf("a"), () => Promise.reject(thrown))), thrown);
    const bad = create(t, {
      durableObjects: { BAD: "Bad" },
      script: "export class Bad { constructor() { throw new RangeError('while constructed'); } } export default {}",
    });
    const id = (await bad.getDurableObjectNamespace("BAD")).newUniqueId();
    assert.equal((await rejection(bad.runWithDurableObject(id, () => {}))).message, "while constructed");
  });

  test("lets no event in between a read and the write that follows it", async (t) => {
    const { mf, idOf, fetch } = await withCounter(t);
    const add = (_, { storage }) =>
      (async () => {
        const count = (await storage.get("count")) ?? 0;
        await storage.put("count", count + 1);
        return count;
      })();
    const all = Array.from({ length: 30 }, (_, index) =>
      index % 2 ? fetch("a") : mf.runWithDurableObject(idOf("a"), add),
    );
    await Promise.all(all);
    assert.equal(await (await mf.getDurableObjectStorage(idOf("a"))).get("count"), 30);
  });

  test("may fetch the object itself", async (t) => {
    const { mf, idOf, fetch } = await withCounter(t);
    const seen = await mf.runWithDurableObject(idOf("a"), async (_, { storage }) => {
      await storage.put("count", 1);
      return fetch("a");
    });
    assert.deepEqual(seen, [2, 1]);
  });

  test("waits for the object's gate", async (t) => {
    const mf = create(t, {
      durableObjects: { BOX: "Box" },
      script: `export class Box {
        constructor(state) { state.blockConcurrencyWhile(async () => { await scheduler.wait(5); this.made = "ready"; }); }
      } export default {}`,
    });
    const id = (await mf.getDurableObjectNamespace("BOX")).newUniqueId();
    assert.equal(await mf.runWithDurableObject(id, ({ made }) => made), "ready");
  });

  test("rejects when the instance is disposed meanwhile", async (t) => {
    const { mf, idOf } = await withCounter(t);
    const run = rejection(mf.runWithDurableObject(idOf("a"), () => new Promise(() => {})));
    await turns(2);
    await mf.dispose();
    assert.equal((await run).code, "ERR_DISPOSED");
  });

  test("reaches objects that live in a mount", async (t) => {
    const mf = create(t, {
      durableObjects: { COUNTER: { className: "Counter", scriptName: "home" } },
      mounts: { home: { modules: true, script: COUNTER } },
      script: "export default {}",
    });
    const namespace = await mf.getDurableObjectNamespace("COUNTER");
    const id = namespace.idFromName("a");
    assert.equal(await mf.runWithDurableObject(id, (instance) => instance.add(5)), 5);
    assert.deepEqual((await mf.getDurableObjectIds("COUNTER")).map(String), [String(id)]);
    assert.equal(await mf.evictDurableObject(id), true);
  });
});

describe("a stub", () => {
  test("reaches the object through reloads, changed options and evictions", async (t) => {
    const { mf, namespace, idOf } = await withCounter(t);
    const stub = namespace.get(idOf("a"));
    const ask = async () => (await stub.fetch(URL_ROOT)).json();
    assert.deepEqual(await ask(), [1, 1]);
    await mf.reload();
    assert.deepEqual(await ask(), [2, 1]);
    await mf.setOptions({ bindings: { KEY: "value" } });
    assert.deepEqual(await ask(), [3, 1]);
    const reloaded = mf.reload();
    assert.equal((await ask())[0], 4);
    await reloaded;
    await mf.evictDurableObject(stub.id);
    assert.deepEqual(await ask(), [5, 1]);
    await mf.dispose();
    await assert.rejects(ask(), { code: "ERR_DISPOSED" });
  });
});

describe("getDurableObjectStorage", () => {
  test("stays valid when the worker is loaded again, or its object is evicted", async (t) => {
    const { mf, idOf, fetch } = await withCounter(t);
    const storage = await mf.getDurableObjectStorage(idOf("a"));
    await storage.put("count", 1);
    await mf.reload();
    assert.equal(await storage.get("count"), 1);
    await fetch("a");
    await mf.evictDurableObject(idOf("a"));
    assert.equal(await storage.get("count"), 2);
    const reloaded = mf.reload();
    await storage.put("count", 5);
    await reloaded;
    assert.equal((await fetch("a"))[0], 6);
    assert.equal(await storage.get("count"), 6);
    assert.throws(() => storage.put("count"), /undefined value/);
    await mf.dispose();
    await assert.rejects(storage.get("count"), { code: "ERR_DISPOSED" });
  });
});

describe("snapshotStorage", () => {
  test("brings back what was stored, as often as it is called", async (t) => {
    const { mf, idOf, fetch } = await withCounter(t);
    await fetch("a");
    const restore = await mf.snapshotStorage();
    for (let round = 0; round < 2; round++) {
      assert.deepEqual(
        [await fetch("a"), await fetch("new")].map(([count]) => count),
        [2, 1],
      );
      await (await mf.getDurableObjectStorage(idOf("a"))).deleteAll();
      await restore();
      assert.deepEqual((await mf.getDurableObjectIds("COUNTER")).map(String), [String(idOf("a"))]);
      assert.equal(await (await mf.getDurableObjectStorage(idOf("a"))).get("count"), 1);
    }
  });

  test("has objects constructed again", async (t) => {
    const { mf, fetch } = await withCounter(t);
    await fetch("a");
    const restore = await mf.snapshotStorage();
    await restore();
    assert.deepEqual(await fetch("a"), [2, 1]);
  });

  test("brings alarms back", async (t) => {
    const mf = create(t, {
      durableObjects: { BOX: "Box" },
      script: "export class Box { alarm() {} } export default {}",
    });
    const id = (await mf.getDurableObjectNamespace("BOX")).newUniqueId();
    const alarm = async () => (await mf.getDurableObjectStorage(id)).getAlarm();
    const time = Date.now() + 3_600_000;
    await (await mf.getDurableObjectStorage(id)).setAlarm(time);
    const restore = await mf.snapshotStorage();
    assert.equal(await mf.flushDurableObjectAlarms(), 1);
    assert.equal(await alarm(), null);
    await restore();
    assert.equal(await alarm(), time);
    assert.equal(await mf.flushDurableObjectAlarms(), 1);
  });

  test("can be nested, each with its own moment", async (t) => {
    const { mf, fetch } = await withCounter(t);
    const outer = await mf.snapshotStorage();
    await fetch("a");
    const inner = await mf.snapshotStorage();
    await fetch("a");
    await inner();
    assert.equal((await fetch("a"))[0], 2);
    await outer();
    assert.equal((await fetch("a"))[0], 1);
    await inner();
    assert.equal((await json(mf))[0], 2);
  });
});

test("each takes an id and nothing else", async (t) => {
  const { mf } = await withCounter(t);
  for (const name of ["getDurableObjectStorage", "evictDurableObject", "runWithDurableObject"]) {
    const { message } = await rejection(mf[name]("a", () => {}));
    assert.equal(message, `${name}() takes a Durable Object's id, got "a" (string)`);
  }
});

describe("an object that looks like an id", () => {
  const looking = (hex) => ({ toString: () => hex });

  test("is taken for the id that it shows, by every method that takes one", async (t) => {
    const script = `export class Box {
      constructor(state) { this.storage = state.storage; }
      async fetch() { await this.storage.put("asked", true); return new Response(); }
      alarm() { return this.storage.put("rung", true); }
    } export default {}`;
    const mf = create(t, { script, durableObjects: { BOX: "Box", OTHER: "Box" } });
    const namespace = await mf.getDurableObjectNamespace("BOX");
    const id = namespace.idFromName("a");
    await namespace.get(id).fetch("http://localhost/");
    for (const hex of [String(id), String(id).toUpperCase()]) {
      const storage = await mf.getDurableObjectStorage(looking(hex));
      assert.equal(await storage.get("asked"), true);
    }
    const likely = looking(String(id));
    assert.equal(await mf.runWithDurableObject(likely, (_object, { id: own }) => String(own)), String(id));
    assert.equal(await mf.evictDurableObject(likely), true);
    await (await mf.getDurableObjectStorage(likely)).setAlarm(Date.now() + 3_600_000);
    assert.equal(await mf.flushDurableObjectAlarms([looking("0".repeat(64).slice(0, 48) + String(id).slice(48))]), 0);
    assert.equal(await mf.flushDurableObjectAlarms(likely), 1);
    assert.equal(await (await mf.getDurableObjectStorage(id)).get("rung"), true);
  });

  test("of a mount's objects is taken, too", async (t) => {
    const mount = { modules: true, script: "export class Box {} export default {}", durableObjects: { BOX: "Box" } };
    const mf = create(t, { script: "export default {}", mounts: { mount } });
    const other = await mf.getMount("mount");
    const id = (await other.getDurableObjectNamespace("BOX")).idFromName("a");
    await (await other.getDurableObjectStorage(looking(String(id)))).put("key", 1);
    assert.equal(await (await other.getDurableObjectStorage(id)).get("key"), 1);
  });

  test("of no object that is bound is refused, and so is what shows no digits", async (t) => {
    const { mf } = await withCounter(t);
    const hex = "0".repeat(64);
    for (const name of ["getDurableObjectStorage", "evictDurableObject", "runWithDurableObject"]) {
      const { name: kind, message } = await rejection(mf[name](looking(hex), () => {}));
      assert.equal(kind, "TypeError");
      assert.match(
        message,
        new RegExp(`^${name}\\(\\) takes the id of a Durable Object that is bound \\(bound: \\w+\\), got ${hex}$`),
      );
      for (const value of [{}, looking(hex.slice(1)), looking(5), Object.create(null), null, hex]) {
        assert.match(
          (await rejection(mf[name](value, () => {}))).message,
          new RegExp(`^${name}\\(\\) takes a Durable Object's id, got `),
        );
      }
    }
  });
});
