// `mf.clock`: a test steers the time of an instance, and everything that has to do with time goes along.

import { describe } from "node:test";
import assert from "node:assert/strict";
import { create, Response } from "../support/miniflare.mjs";
import { json, rejection, text, URL_ROOT } from "../support/dispatch.mjs";
import { serve } from "../support/server.mjs";
import { test } from "../support/test.mjs";

/** A worker whose handler is `body`, with `log(text)`, which notes the time as well, and what it has logged. */
function logging(t, body, options = {}) {
  const lines = [];
  const script = `
    const log = (text) => BOUND.log(text + " " + Date.now());
    export class Box {
      constructor({ storage }, env) { Object.assign(this, { storage, env }); }
      async fetch(request) { await this.storage.setAlarm(Number(await request.text())); return new Response(); }
      async alarm() { log("alarm"); await this.env.rest?.(); }
    }
    export default { async fetch(request, env, ctx) { ${body}\n return new Response(String(Date.now())); } }`;
  const globals = { BOUND: { log: (line) => void lines.push(line) } };
  const mf = create(t, { script, globals, durableObjects: { BOX: "Box" }, ...options });
  return { mf, taken: () => lines.splice(0) };
}

const SET_ALARM = (time) =>
  `await env.BOX.get(env.BOX.idFromName("a")).fetch("http://localhost/", { method: "POST", body: "${time}" });`;

const NOW = "export default { fetch: () => new Response(String(Date.now())) }";

describe("set", () => {
  test("makes time stand still, for the worker and outside of it", async (t) => {
    const mf = create(t, { script: NOW });
    await mf.clock.set(1000);
    for (let look = 0; look < 3; look++) {
      assert.equal(mf.clock.now(), 1000);
      assert.equal(await text(mf), "1000");
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
  });

  test("takes a Date, and a time before 1970", async (t) => {
    const mf = create(t, { script: NOW });
    await mf.clock.set(new Date("2030-01-01T00:00:00Z"));
    assert.equal(await text(mf), String(Date.UTC(2030, 0, 1)));
    await mf.clock.set(-5);
    assert.equal(await text(mf), "-5");
  });

  test("shows in every form of the time", async (t) => {
    const script = `export default { fetch: () => Response.json([
      Date.now(), new Date().getTime(), Date(), performance.now(), new Date(7).getTime()
    ]) }`;
    const mf = create(t, { script });
    await mf.clock.set(0);
    assert.deepEqual(await json(mf), [0, 0, new Date(0).toString(), 0, 7]);
  });

  test("shows in dates that are formatted without a date", async (t) => {
    const script = `export default { fetch() {
      const format = new Intl.DateTimeFormat("en", { timeZone: "UTC", dateStyle: "short" });
      const { value } = format.formatToParts().at(-1);
      return Response.json([format.format(), value, format.format(new Date(86_400_000)), format.format === format.format]);
    } }`;
    const mf = create(t, { script });
    await mf.clock.set(0);
    assert.deepEqual(await json(mf), ["1/1/70", "70", "1/2/70", true]);
  });

  test("shows at the top level of a script that is loaded then", async (t) => {
    const mf = create(t, {
      script: "const loaded = Date.now(); export default { fetch: () => Response.json(loaded) }",
    });
    await mf.clock.set(3000);
    await mf.reload();
    assert.equal(await json(mf), 3000);
  });

  test("forward, goes through all that happens by then", async (t) => {
    const { mf, taken } = logging(t, `setTimeout(() => log("timer"), 50); ${SET_ALARM(2_020)}`);
    await mf.clock.set(2_000);
    await text(mf);
    await mf.clock.set(3_000);
    assert.deepEqual(taken(), ["alarm 2020", "timer 2050"]);
  });

  test("back, lets nothing happen, and leaves timers what they have to wait", async (t) => {
    const { mf, taken } = logging(t, `setTimeout(() => log("timer"), 50);`);
    await mf.clock.set(10_000);
    await text(mf);
    await mf.clock.set(100);
    assert.deepEqual(taken(), []);
    await mf.clock.advance(49);
    assert.deepEqual(taken(), []);
    await mf.clock.advance(1);
    assert.deepEqual(taken(), ["timer 150"]);
  });
});

describe("advance", () => {
  test("fires timers, intervals, waits and alarms in the order of their times", async (t) => {
    const { mf, taken } = logging(
      t,
      `
      setTimeout(() => log("timer"), 1_000);
      const interval = setInterval(() => log("interval"), 700);
      setTimeout(() => clearInterval(interval), 2_200);
      ctx.waitUntil(scheduler.wait(1_500).then(() => log("wait")));
      AbortSignal.timeout(1_600).addEventListener("abort", () => log("abort"));
      ${SET_ALARM(1_800)}`,
    );
    await mf.clock.set(0);
    await text(mf);
    await mf.clock.advance(10_000);
    const expected = ["interval 700", "timer 1000", "interval 1400", "wait 1500", "abort 1600", "alarm 1800"];
    assert.deepEqual(taken(), [...expected, "interval 2100"]);
    assert.equal(mf.clock.now(), 10_000);
  });

  test("fires nothing before its time", async (t) => {
    const { mf, taken } = logging(t, `setTimeout(() => log("timer"), 1_000);`);
    await mf.clock.set(0);
    await text(mf);
    await mf.clock.advance(999);
    assert.deepEqual(taken(), []);
    await mf.clock.advance(1);
    assert.deepEqual(taken(), ["timer 1000"]);
  });

  test("fires timers of one time in the order they were set, with their microtasks between", async (t) => {
    const { mf, taken } = logging(
      t,
      `for (const name of ["a", "b"]) {
        setTimeout(() => { log(name); Promise.resolve().then(() => log(name + "'s microtask")); }, 10);
      }`,
    );
    await mf.clock.set(0);
    await text(mf);
    await mf.clock.advance(10);
    assert.deepEqual(taken(), ["a 10", "a's microtask 10", "b 10", "b's microtask 10"]);
  });

  test("answers a request that waits for the time", async (t) => {
    const { mf } = logging(t, "await scheduler.wait(60_000);");
    await mf.clock.set(0);
    const answer = text(mf);
    await mf.clock.advance(60_000);
    assert.equal(await answer, "60000");
  });

  test("goes through what timers begin on the way", async (t) => {
    const { mf, taken } = logging(
      t,
      `ctx.waitUntil((async () => {
        for (let step = 1; step <= 3; step++) {
          await scheduler.wait(100);
          log("step " + step);
        }
      })());`,
    );
    await mf.clock.set(0);
    await text(mf);
    await mf.clock.advance(1_000);
    assert.deepEqual(taken(), ["step 1 100", "step 2 200", "step 3 300"]);
  });

  test("waits for the functions in Node that a timer calls, before time goes on", async (t) => {
    const rest = () => new Promise((resolve) => setTimeout(resolve, 20));
    const { mf, taken } = logging(t, `setTimeout(async () => { await env.rest(); log("rested"); }, 10);`, {
      bindings: { rest },
    });
    await mf.clock.set(0);
    await text(mf);
    await mf.clock.advance(1_000);
    assert.deepEqual(taken(), ["rested 10"]);
  });

  test("waits for what a timer fetches", async (t) => {
    const url = await serve(t, (request, response) => setTimeout(() => response.end("text"), 20));
    const body = `setTimeout(async () => { await (await fetch(env.url)).text(); log("fetched"); }, 10);`;
    const { mf, taken } = logging(t, body, { bindings: { url } });
    await mf.clock.set(0);
    await text(mf);
    await mf.clock.advance(1_000);
    assert.deepEqual(taken(), ["fetched 10"]);
  });

  test("waits for no request that has begun before", async (t) => {
    const { mf, taken } = logging(t, `setTimeout(() => log("timer"), 10); await env.never();`, {
      bindings: { never: () => new Promise(() => {}) },
    });
    await mf.clock.set(0);
    mf.dispatchFetch(URL_ROOT).catch(() => {});
    await mf.clock.advance(10);
    assert.deepEqual(taken(), ["timer 10"]);
  });

  test("waits for the handlers of alarms", async (t) => {
    const rest = () => new Promise((resolve) => setTimeout(resolve, 20));
    const { mf, taken } = logging(t, SET_ALARM(100), { bindings: { rest } });
    await mf.clock.set(0);
    await text(mf);
    let rested = false;
    rest().then(() => (rested = true));
    await mf.clock.advance(100);
    assert.deepEqual([taken(), rested], [["alarm 100"], true]);
  });

  test("goes through the workers of an instance together", async (t) => {
    const lines = [];
    const globals = { log: (line) => void lines.push(line) };
    const worker = (name, ...delays) => ({
      modules: true,
      globals,
      script: `export default { fetch() {
        for (const delay of ${JSON.stringify(delays)}) setTimeout(() => log("${name} " + Date.now()), delay);
        return new Response();
      } }`,
    });
    const mounts = { other: { ...worker("other", 200, 400), routes: ["other.test/*"] } };
    const mf = create(t, { ...worker("main", 100, 300), mounts });
    await mf.clock.set(0);
    await mf.dispatchFetch("http://main.test/");
    await mf.dispatchFetch("http://other.test/");
    await mf.clock.advance(1_000);
    assert.deepEqual(lines, ["main 100", "other 200", "main 300", "other 400"]);
    assert.equal((await mf.getMount("other")).clock, mf.clock);
  });

  test("makes time stand still where it has not yet", async (t) => {
    const mf = create(t, { script: NOW });
    const before = Date.now();
    await mf.clock.advance(60_000);
    const now = mf.clock.now();
    assert.ok(now >= before + 60_000 && now <= Date.now() + 60_000);
    await new Promise((resolve) => setTimeout(resolve, 5));
    assert.equal(mf.clock.now(), now);
  });

  test("fires what was set before time stood still", async (t) => {
    const { mf, taken } = logging(t, `setTimeout(() => log("timer"), 3_600_000);`);
    await text(mf);
    await mf.clock.advance(3_600_000);
    assert.equal(taken().length, 1);
  });

  test("by nothing, lets what is due happen", async (t) => {
    const { mf, taken } = logging(t, `setTimeout(() => log("timer"), 0);`);
    await mf.clock.set(5);
    await text(mf);
    await mf.clock.advance(0);
    assert.deepEqual(taken(), ["timer 5"]);
  });

  test("several times at once, goes one after the other", async (t) => {
    const { mf, taken } = logging(t, `setInterval(() => log("interval"), 100);`);
    await mf.clock.set(0);
    await text(mf);
    await Promise.all([mf.clock.advance(100), mf.clock.advance(100), mf.clock.advance(100)]);
    assert.deepEqual(taken(), ["interval 100", "interval 200", "interval 300"]);
  });

  test("goes on with a clock whatever a timer throws", async (t) => {
    const { mf, taken } = logging(
      t,
      `addEventListener("error", (event) => event.preventDefault());
      setTimeout(() => { throw new Error("thrown"); }, 10);
      setTimeout(() => log("timer"), 20);`,
    );
    await mf.clock.set(0);
    await text(mf);
    await mf.clock.advance(20);
    assert.deepEqual(taken(), ["timer 20"]);
  });

  test("of weeks, with a timer of a minute, takes no time to speak of", async (t) => {
    const { mf, taken } = logging(t, `setInterval(() => log(""), 60_000);`);
    await mf.clock.set(0);
    await text(mf);
    await mf.clock.advance(7 * 24 * 3_600_000);
    assert.equal(taken().length, 7 * 24 * 60);
  });

  test("is stopped by a limit that a timer exceeds, not held up", async (t) => {
    const { mf } = logging(t, "setTimeout(() => { for (;;); }, 10);", { cpuLimitMs: 50 });
    await mf.clock.set(0);
    await text(mf);
    await mf.clock.advance(1_000);
    assert.equal(await text(mf), "1000");
  });
});

describe("steered time", () => {
  test("ages the entries of KV", async (t) => {
    const script = `export default { async fetch(request, env) { return Response.json(await env.KV.get("key")); } }`;
    const mf = create(t, { script, kvNamespaces: ["KV"] });
    await mf.clock.set(0);
    const namespace = await mf.getKVNamespace("KV");
    await namespace.put("key", "value", { expirationTtl: 60 });
    await mf.clock.advance(59_000);
    assert.equal(await json(mf), "value");
    await mf.clock.advance(1_000);
    assert.equal(await json(mf), null);
  });

  test("ages what caches hold", async (t) => {
    const mf = create(t, { script: NOW });
    await mf.clock.set(0);
    const cache = (await mf.getCaches()).default;
    await cache.put("http://localhost/a", new Response("text", { headers: { "Cache-Control": "max-age=3600" } }));
    await mf.clock.advance(3_599_000);
    assert.equal(await (await cache.match("http://localhost/a")).text(), "text");
    await mf.clock.advance(1_000);
    assert.equal(await cache.match("http://localhost/a"), undefined);
  });

  test("is the time of a scheduled event that is given none", async (t) => {
    const mf = create(t, { script: "export default { fetch() {}, scheduled: ({ scheduledTime }) => scheduledTime }" });
    await mf.clock.set(42);
    assert.deepEqual(await mf.dispatchScheduled(), [42]);
  });

  test("is that of one instance alone", async (t) => {
    const [mf, other] = [create(t, { script: NOW }), create(t, { script: NOW })];
    await mf.clock.set(0);
    assert.ok(Number(await text(other)) > 1e12);
  });

  test("survives a reload", async (t) => {
    const mf = create(t, { script: NOW });
    await mf.clock.set(77);
    await mf.reload();
    assert.equal(await text(mf), "77");
  });

  test("can be steered by the worker's own bindings, as long as it does not await that", async (t) => {
    let moved;
    const { mf, taken } = logging(t, `setTimeout(() => log("timer"), 100); env.advance(100);`, {
      bindings: { advance: (ms) => void (moved = mf.clock.advance(ms)) },
    });
    await mf.clock.set(0);
    await text(mf);
    await moved;
    assert.deepEqual(taken(), ["timer 100"]);
  });
});

describe("release", () => {
  test("lets time flow again, as the machine's", async (t) => {
    const mf = create(t, { script: NOW });
    await mf.clock.set(0);
    await mf.clock.release();
    const before = Date.now();
    const seen = Number(await text(mf));
    assert.ok(seen >= before && seen <= Date.now());
    assert.ok(mf.clock.now() >= before);
  });

  test("lets timers wait for what is left", async (t) => {
    const { mf } = logging(t, "await scheduler.wait(3_600_000);");
    await mf.clock.set(0);
    const answer = text(mf);
    await mf.clock.advance(3_599_990);
    await mf.clock.release();
    assert.ok(Number(await answer) >= 0);
  });

  test("does nothing to a clock that flows", async (t) => {
    const mf = create(t, { script: NOW });
    await mf.clock.release();
    assert.ok(Math.abs(mf.clock.now() - Date.now()) < 60_000);
  });
});

describe("what it takes", () => {
  const WRONG = {
    "clock.set() takes a time, a Date or a number of milliseconds since the epoch, got": [
      (clock) => clock.set(Number.NaN),
      (clock) => clock.set("2030-01-01"),
      (clock) => clock.set(),
      (clock) => clock.set(new Date("nonsense")),
      (clock) => clock.set(1e20),
    ],
    "clock.advance() takes a number of milliseconds, 0 at least, got": [
      (clock) => clock.advance(-1),
      (clock) => clock.advance("1"),
      (clock) => clock.advance(),
      (clock) => clock.advance(Infinity),
    ],
  };
  for (const [start, calls] of Object.entries(WRONG)) {
    test(`${start.split("(")[0]} refuses everything else, and leaves the clock alone`, async (t) => {
      const mf = create(t, { script: NOW });
      await mf.clock.set(5);
      for (const call of calls) {
        const error = await rejection(call(mf.clock));
        assert.ok(error instanceof TypeError && error.message.startsWith(start), error.message);
      }
      assert.equal(mf.clock.now(), 5);
    });
  }

  test("there is no time after the last", async (t) => {
    const mf = create(t, { script: NOW });
    await mf.clock.set(8.64e15);
    assert.equal((await rejection(mf.clock.advance(1))).name, "RangeError");
    assert.equal(mf.clock.now(), 8.64e15);
  });

  test("nothing is steered after the instance is disposed of", async (t) => {
    const mf = create(t, { script: NOW });
    const { clock } = mf;
    await clock.set(0);
    await mf.dispose();
    for (const call of [() => clock.set(1), () => clock.advance(1), () => clock.release()]) {
      assert.equal((await rejection(call())).code, "ERR_DISPOSED");
    }
    assert.throws(() => clock.now(), { code: "ERR_DISPOSED" });
  });

  test("nothing is steered while the worker cannot be loaded", async (t) => {
    const mf = create(t, { script: "export default {" });
    t.after(() => {});
    assert.equal((await rejection(mf.clock.advance(1))).name, "SyntaxError");
    await mf.setOptions({ script: NOW });
    await mf.clock.set(1);
    assert.equal(await text(mf), "1");
  });
});
