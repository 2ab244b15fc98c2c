// Alarms that fail, and alarms that tests run themselves.

import { describe } from "node:test";
import assert from "node:assert/strict";
import { create, LogLevel } from "../support/miniflare.mjs";
import { runScript } from "../support/child.mjs";
import { deferred, rejection, text, turns, URL_ROOT } from "../support/dispatch.mjs";
import { folder } from "../support/files.mjs";
import { RecordingLog } from "../support/log.mjs";
import { test } from "../support/test.mjs";

const HOUR = 3_600_000;

/** An instance whose objects run `alarm` and add what it returns to `env.rings`, and what specs ask of them. */
async function withAlarm(t, alarm, options = {}) {
  const rings = [];
  const mf = create(t, {
    durableObjects: { BOX: "Box" },
    script: `
    export class Box {
      constructor(state, env) { this.storage = state.storage; this.state = state; this.env = env; }
      async alarm(info) { const { storage, state, env } = this; env.ring(await (async () => { ${alarm}\n })()); }
      async fetch(request) {
        const time = Number(new URL(request.url).searchParams.get("time"));
        if (time) await this.storage.setAlarm(time);
        return Response.json(await this.storage.getAlarm());
      }
    }
    export default { fetch: (request, env) => env.BOX.get(env.BOX.idFromName("a")).fetch(request) };`,
    bindings: { ring: (value) => rings.push(value) },
    durableObjectsAlarms: false,
    ...options,
  });
  const namespace = await mf.getDurableObjectNamespace("BOX");
  const storageOf = (name) => mf.getDurableObjectStorage(namespace.idFromName(name));
  const setAll = async (times) => {
    for (const [name, time] of Object.entries(times)) await (await storageOf(name)).setAlarm(time);
  };
  return { mf, namespace, rings, storageOf, setAll };
}

describe("flushDurableObjectAlarms", () => {
  const NAMES = "return await storage.get('name');";
  const named = async (t) => {
    const made = await withAlarm(t, NAMES);
    for (const name of ["a", "b", "c"]) await (await made.storageOf(name)).put("name", name);
    await made.setAll({ a: Date.now() + 2 * HOUR, b: Date.now() + HOUR, c: 1 });
    return made;
  };

  test("runs all alarms, due or not, in the order of their times", async (t) => {
    const { mf, rings } = await named(t);
    assert.equal(await mf.flushDurableObjectAlarms(), 3);
    assert.deepEqual(rings, ["c", "b", "a"]);
    assert.equal(await mf.flushDurableObjectAlarms(), 0);
  });

  test("runs those of some objects only", async (t) => {
    const { mf, rings, namespace } = await named(t);
    const [a, b, never] = ["a", "b", "never"].map((name) => namespace.idFromName(name));
    assert.equal(await mf.flushDurableObjectAlarms(a), 1);
    assert.equal(await mf.flushDurableObjectAlarms([a, b, never]), 1);
    assert.deepEqual(rings, ["a", "b"]);
  });

  test("runs what is due only, when asked so", async (t) => {
    const { mf, rings } = await named(t);
    assert.equal(await mf.flushDurableObjectAlarms(undefined, { onlyDue: true }), 1);
    assert.deepEqual(rings, ["c"]);
  });

  test("leaves the alarms that handlers set for the next time", async (t) => {
    const { mf, rings, setAll } = await withAlarm(t, "await storage.setAlarm(1); return 'rang';");
    await setAll({ a: 1 });
    assert.equal(await mf.flushDurableObjectAlarms(), 1);
    assert.equal(await mf.flushDurableObjectAlarms(), 1);
    assert.deepEqual(rings, ["rang", "rang"]);
  });

  test("rejects with what a handler threw, and runs the others", async (t) => {
    const { mf, rings, setAll, storageOf } = await withAlarm(
      t,
      "if (await storage.get('bad')) throw new RangeError('in the alarm'); return 'good';",
    );
    await (await storageOf("a")).put("bad", true);
    await setAll({ a: 1, b: 2 });
    const error = await rejection(mf.flushDurableObjectAlarms());
    assert.deepEqual([error.name, error.message], ["RangeError", "in the alarm"]);
    assert.deepEqual(rings, ["good"]);
    await (await storageOf("b")).put("bad", true);
    await setAll({ a: 1, b: 2 });
    const both = await rejection(mf.flushDurableObjectAlarms());
    assert.deepEqual([both.constructor, both.errors.length], [AggregateError, 2]);
  });

  test("takes ids only", async (t) => {
    const { mf } = await withAlarm(t, "");
    const error = await rejection(mf.flushDurableObjectAlarms("a"));
    assert.match(error.message, /^flushDurableObjectAlarms\(\) takes a Durable Object's id, got "a" \(string\)$/);
  });
});

describe("an alarm that fails", () => {
  test("is retried six times, told so each time, and then given up", async (t) => {
    const { mf, rings, setAll, storageOf } = await withAlarm(
      t,
      "env.ring(info.retryCount + ' ' + info.isRetry); throw new Error('always');",
    );
    await setAll({ a: 1 });
    const storage = await storageOf("a");
    for (let attempt = 0; attempt < 7; attempt++) {
      assert.equal(await storage.getAlarm(), 1);
      assert.equal((await rejection(mf.flushDurableObjectAlarms())).message, "always");
    }
    assert.deepEqual(rings, ["0 false", "1 true", "2 true", "3 true", "4 true", "5 true", "6 true"]);
    assert.equal(await storage.getAlarm(), null);
    assert.equal(await mf.flushDurableObjectAlarms(), 0);
  });

  test("is not due again until it has waited", async (t) => {
    const { mf, setAll } = await withAlarm(t, "throw new Error('first');");
    await mf.clock.set(1);
    await setAll({ a: 1 });
    await rejection(mf.flushDurableObjectAlarms(undefined, { onlyDue: true }));
    assert.equal(await mf.flushDurableObjectAlarms(undefined, { onlyDue: true }), 0);
  });

  test("keeps what its handler wrote, and the alarm that it set", async (t) => {
    const body = "await storage.put('key', 1); await storage.setAlarm(77); throw new Error('late');";
    const { mf, setAll, storageOf } = await withAlarm(t, body);
    await setAll({ a: 1 });
    await rejection(mf.flushDurableObjectAlarms());
    const storage = await storageOf("a");
    assert.deepEqual([await storage.get("key"), await storage.getAlarm()], [1, 77]);
    await storage.setAlarm(5);
    await storage.deleteAlarm();
    assert.equal(await mf.flushDurableObjectAlarms(), 0);
  });

  test("is not retried when its handler deleted it", async (t) => {
    const { mf, setAll } = await withAlarm(t, "await storage.deleteAlarm(); throw new Error('enough');");
    await setAll({ a: 1 });
    await rejection(mf.flushDurableObjectAlarms());
    assert.equal(await mf.flushDurableObjectAlarms(), 0);
  });

  test("is logged as an error, with its cause and when it is retried", async (t) => {
    const logged = deferred();
    const log = new RecordingLog(LogLevel.ERROR);
    log.error = logged.resolve;
    const { setAll } = await withAlarm(t, "throw new RangeError('in the alarm');", { durableObjectsAlarms: true, log });
    await setAll({ a: 1 });
    const error = await logged.promise;
    assert.deepEqual([error.name, error.code], ["DurableObjectError [ERR_ALARM]", "ERR_ALARM"]);
    assert.match(error.message, /^Alarm of Durable Object "BOX" failed, retry 1 follows in 2 s \(id [0-9a-f]{64}\)$/);
    assert.deepEqual([error.cause.name, error.cause.message], ["RangeError", "in the alarm"]);
  });

  test("warns by Node's own means when there is no log", async () => {
    const script = `
      process.on("warning", ({ message, detail }) => { console.log(message, detail); mf.dispose(); });
      const mf = new Miniflare({
        modules: true,
        durableObjects: { BOX: "Box" },
        script: "export class Box { alarm() { throw new Error('in the alarm'); } } export default {}",
      });
      const namespace = await mf.getDurableObjectNamespace("BOX");
      await (await mf.getDurableObjectStorage(namespace.newUniqueId())).setAlarm(1);`;
    const { code, stdout } = await runScript(script);
    assert.equal(code, 0);
    assert.match(stdout, /Alarm of Durable Object "BOX" failed, retry 1 .*Error: in the alarm/s);
  });

  test("is one without a handler, or without a constructor", async (t) => {
    const mf = create(t, {
      durableObjects: { MUTE: "Mute", BAD: "Bad" },
      script: `
      export class Mute {}
      export class Bad { constructor() { throw new RangeError("while constructed"); } alarm() {} }
      export default {}`,
      durableObjectsAlarms: false,
    });
    for (const [binding, message] of [
      ["MUTE", "No alarm handler defined in Durable Object"],
      ["BAD", "while constructed"],
    ]) {
      const id = (await mf.getDurableObjectNamespace(binding)).newUniqueId();
      await (await mf.getDurableObjectStorage(id)).setAlarm(1);
      assert.equal((await rejection(mf.flushDurableObjectAlarms(id))).message, message);
    }
  });

  test("that ends its worker is delivered again by the next", async (t) => {
    const { mf, rings, setAll } = await withAlarm(t, "if (!info.isRetry) for (;;); return info.retryCount;", {
      cpuLimitMs: 50,
    });
    await setAll({ a: 1 });
    assert.equal((await rejection(mf.flushDurableObjectAlarms())).code, "ERR_CPU_LIMIT");
    await text(mf);
    assert.equal(await mf.flushDurableObjectAlarms(), 1);
    assert.deepEqual(rings, [1]);
  });

  test("that a reload interrupts is delivered again", async (t) => {
    const { mf, rings, setAll } = await withAlarm(
      t,
      "if (info.isRetry) return 'again'; env.ring('begun'); await new Promise(() => {});",
    );
    await setAll({ a: 1 });
    const flushed = rejection(mf.flushDurableObjectAlarms());
    while (rings.length === 0) await turns(1);
    await mf.reload();
    assert.equal((await flushed).code, "ERR_RELOADED");
    assert.equal(await mf.flushDurableObjectAlarms(), 1);
    assert.deepEqual(rings, ["begun", "again"]);
  });
});

describe("a process", () => {
  const started = (alarms) => `
    const mf = new Miniflare({
      modules: true,
      durableObjects: { BOX: "Box" },
      bindings: { tell: () => console.log("rang") },
      script: \`export class Box {
        constructor(state, env) { this.env = env; }
        alarm() { this.env.tell(); }
      } export default {}\`,
    });
    const namespace = await mf.getDurableObjectNamespace("BOX");
    const storage = await mf.getDurableObjectStorage(namespace.newUniqueId());
    ${alarms}`;

  test("waits for alarms that are due soon", async () => {
    const { code, stdout } = await runScript(started("await storage.setAlarm(Date.now() + 50);"));
    assert.deepEqual([code, stdout], [0, "rang\n"]);
  });

  test("does not wait for alarms that are far off, nor for those of an instance that is disposed", async () => {
    const far = await runScript(started("await storage.setAlarm(Date.now() + 3_600_000);"));
    assert.deepEqual([far.code, far.stdout, far.timedOut], [0, "", false]);
    const disposed = await runScript(started("await storage.setAlarm(Date.now() + 20_000); await mf.dispose();"));
    assert.deepEqual([disposed.code, disposed.stdout, disposed.timedOut], [0, "", false]);
  });
});

test("alarms of another instance are not run", async (t) => {
  const [first, second] = [await withAlarm(t, "return 1;"), await withAlarm(t, "return 2;")];
  await first.setAll({ a: 1 });
  assert.equal(await second.mf.flushDurableObjectAlarms(), 0);
  assert.equal(await text(first.mf, `${URL_ROOT}?time=9`), "9");
});

describe("alarms that are persisted", () => {
  const script = `export class Box {
    constructor(state, env) { this.env = env; }
    alarm({ retryCount }) { this.env.ring(retryCount); }
  } export default {}`;
  const open = (t, path, ring, options = {}) =>
    create(t, {
      durableObjects: { BOX: "Box" },
      durableObjectsPersist: path,
      bindings: { ring },
      script,
      ...options,
    });

  test("are delivered by the next instance, at once when they are overdue", async (t) => {
    const path = folder(t);
    const first = open(t, path, () => {}, { durableObjectsAlarms: false });
    const namespace = await first.getDurableObjectNamespace("BOX");
    await (await first.getDurableObjectStorage(namespace.idFromName("a"))).setAlarm(1);
    await first.dispose();
    const rang = deferred();
    open(t, path, rang.resolve);
    assert.equal(await rang.promise, 0);
  });

  test("are there for flushDurableObjectAlarms, and gone when they were deleted", async (t) => {
    const path = folder(t);
    const first = open(t, path, () => {});
    const namespace = await first.getDurableObjectNamespace("BOX");
    const times = { a: Date.now() + HOUR, b: Date.now() + HOUR };
    for (const [name, time] of Object.entries(times)) {
      await (await first.getDurableObjectStorage(namespace.idFromName(name))).setAlarm(time);
    }
    await (await first.getDurableObjectStorage(namespace.idFromName("b"))).deleteAlarm();
    await first.dispose();
    const second = open(t, path, () => {});
    assert.equal(await second.flushDurableObjectAlarms(), 1);
  });
});
