// Tags: oracle, every-node
// Time as a worker sees it: it stands still while code runs, and moves on with input. `actualTime` lets it run.

import { describe } from "node:test";
import assert from "node:assert/strict";
import { create, differs } from "../support/miniflare.mjs";
import { deepEqualOutside, deferred, evaluate, json, text } from "../support/dispatch.mjs";
import { serve } from "../support/server.mjs";
import { test } from "../support/test.mjs";

/** Long enough for a clock to show it, in milliseconds. */
const PAUSE = 20;
const wait = () => new Promise((resolve) => setTimeout(resolve, PAUSE));
const bindings = { pause: wait };

/** How far each form of `Date` moves while `act` runs. */
const moved = (act) => `
  const forms = [() => Date.now(), () => new Date().getTime(), () => +Reflect.construct(Date, [])];
  const before = forms.map((form) => form());
  ${act};
  return forms.map((form, index) => form() - before[index]);`;

describe("within a request, time stands still", () => {
  const ACTS = {
    "while code runs": "for (let i = 0; i < 3e6; i++) Math.sqrt(i)",
    "through promises": "await Promise.resolve()",
    "while Node is waited for": "await env.pause()",
  };
  for (const [name, act] of Object.entries(ACTS)) {
    test(name, async (t) => deepEqualOutside(await evaluate(t, moved(act), { bindings }), [0, 0, 0]));
  }

  test("while a Durable Object's storage is used", async (t) => {
    const script = `
      export class Box {
        constructor(state, env) { Object.assign(this, { state, env }); }
        async fetch() {
          const before = Date.now();
          await this.env.pause();
          await this.state.storage.put("key", 1);
          return new Response(String(Date.now() - before));
        }
      }
      export default { fetch: (request, env) => env.BOX.get(env.BOX.idFromName("a")).fetch(request) }`;
    assert.equal(await text(create(t, { script, bindings, durableObjects: { BOX: "Box" } })), "0");
  });

  test("for the date as text", differs("Date() is the actual time"), async (t) => {
    const act = "const before = Date(); await env.second(); return [Date() === before, String(new Date()) === before];";
    const second = () => new Promise((resolve) => setTimeout(resolve, 1_010));
    assert.deepEqual(await evaluate(t, act, { bindings: { second } }), [true, true]);
  });

  test("for performance", differs("it has none"), async (t) => {
    const act = `const before = performance.now(); await env.pause();
      return [performance.now() - before, performance.now() === Date.now(), performance.timeOrigin,
        performance.toJSON(), performance instanceof Performance];`;
    assert.deepEqual(await evaluate(t, act, { bindings }), [0, true, 0, { timeOrigin: 0 }, true]);
  });
});

describe("within a request, time moves on with timers", differs("it stands still"), () => {
  const ACTS = {
    setTimeout: `await new Promise((resolve) => setTimeout(resolve, ${PAUSE}))`,
    "scheduler.wait": `await scheduler.wait(${PAUSE})`,
    "AbortSignal.timeout": `await new Promise((resolve) => AbortSignal.timeout(${PAUSE}).addEventListener("abort", resolve))`,
  };
  for (const [name, act] of Object.entries(ACTS)) {
    test(`${name}: to the moment it was due, and not beyond`, async (t) => {
      const begun = Date.now();
      const deltas = await evaluate(t, moved(act), { bindings });
      for (const delta of deltas) assert.ok(delta >= PAUSE - 1 && delta <= Date.now() - begun + 1, `${delta} ms`);
    });

    test(`${name}: exactly, by a clock that is steered`, async (t) => {
      const mf = create(t, {
        script: `export default { fetch: async () => Response.json(await (async () => { ${moved(act)} })()) }`,
      });
      await mf.clock.set(1_000);
      const answer = json(mf);
      await mf.clock.advance(1_000);
      assert.deepEqual(await answer, [PAUSE, PAUSE, PAUSE]);
    });
  }

  test("an object's interval: from one moment to the next, which is never to come", async (t) => {
    const script = `
      export class Box {
        async fetch() {
          const begun = Date.now();
          const seen = [];
          const ticks = new Promise((resolve) => {
            const interval = setInterval(() => {
              if (seen.push(Date.now()) < 5) return;
              clearInterval(interval);
              resolve();
            }, ${PAUSE});
          });
          await scheduler.wait(5 * ${PAUSE});
          await ticks;
          return Response.json([begun, ...seen, Date.now()]);
        }
      }
      export default { fetch: (request, env) => env.BOX.get(env.BOX.idFromName("a")).fetch(request) }`;
    const times = await json(create(t, { script, durableObjects: { BOX: "Box" } }));
    for (let index = 1; index < times.length - 1; index++) {
      assert.ok(times[index] - times[index - 1] >= PAUSE - 1, times.join());
    }
    assert.ok(times.at(-1) >= times.at(-2) && times.at(-1) <= Date.now(), times.join());
  });

  test("code that is busy sees no time pass, though its timers are due", async (t) => {
    const act = `
      const before = Date.now();
      const seen = await new Promise((resolve) => {
        setTimeout(() => resolve([Date.now() - before]), 5);
        env.pause();
      });
      return seen;`;
    const busy = () => {
      const end = performance.now() + 5 * PAUSE;
      while (performance.now() < end);
    };
    const [seen] = await evaluate(t, act, { bindings: { pause: busy } });
    assert.ok(seen >= 4 && seen < 3 * PAUSE, `${seen} ms`);
  });
});

describe("within a request, time moves on", () => {
  test("when fetch has an answer", async (t) => {
    const url = await serve(t, (request, response) => setTimeout(() => response.end("text"), PAUSE));
    const deltas = await evaluate(t, moved("await fetch(env.url)"), { bindings: { url } });
    for (const delta of deltas) assert.ok(delta >= PAUSE - 1, `${delta} ms`);
  });

  test("when a Durable Object has answered", async (t) => {
    const script = `
      export class Box {
        constructor(state, env) { this.env = env; }
        async fetch() { await this.env.pause(); return new Response(); }
      }
      export default {
        async fetch(request, env) {
          const before = Date.now();
          await env.BOX.get(env.BOX.idFromName("a")).fetch(request);
          return new Response(String(Date.now() - before));
        }
      }`;
    const delta = Number(await text(create(t, { script, bindings, durableObjects: { BOX: "Box" } })));
    assert.ok(delta >= PAUSE - 1, `${delta} ms`);
  });

  test("not when fetch fails", async (t) => {
    const act = `await env.pause(); await fetch("http://127.0.0.1:1/").catch(() => {})`;
    deepEqualOutside(await evaluate(t, moved(act), { bindings }), [0, 0, 0]);
  });
});

test("each request begins at the actual time", async (t) => {
  const mf = create(t, { script: "export default { fetch: () => new Response(String(Date.now())) }" });
  await mf.getBindings();
  for (let request = 0; request < 2; request++) {
    await wait();
    const before = Date.now();
    const seen = Number(await text(mf));
    assert.ok(seen >= before && seen <= Date.now(), `${before} <= ${seen}`);
  }
});

test("requests that run side by side have a time each", async (t) => {
  const script = `export default { async fetch(request, env) {
    const before = Date.now();
    await env.pause();
    await env.pause();
    return new Response(JSON.stringify([before, Date.now()]));
  } }`;
  const begun = deferred();
  const pause = () => {
    begun.resolve();
    return wait();
  };
  const mf = create(t, { script, bindings: { pause } });
  const first = json(mf);
  await begun.promise;
  await wait();
  const second = json(mf);
  const [a, b] = await Promise.all([first, second]);
  assert.equal(a[0], a[1]);
  assert.equal(b[0], b[1]);
  assert.ok(b[0] > a[0]);
});

test("outside of requests, time is the actual one", async (t) => {
  const script = `
    const before = Date.now();
    await env_pause();
    const after = Date.now();
    export default { fetch: () => new Response(JSON.stringify([before, after])) }`;
  const [before, after] = await json(create(t, { script, globals: { env_pause: wait } }));
  assert.ok(after - before >= PAUSE - 1);
});

test("with actualTime, time runs within a request too", async (t) => {
  for (const delta of await evaluate(t, moved("await env.pause()"), { bindings, actualTime: true })) {
    assert.ok(delta >= PAUSE - 1, `${delta} ms`);
  }
});

test("with actualTime, performance runs too", differs("it has none"), async (t) => {
  const act = "const before = performance.now(); await env.pause(); return performance.now() - before;";
  assert.ok((await evaluate(t, act, { bindings, actualTime: true })) >= PAUSE - 1);
});

describe("Date", () => {
  test("is the standard's in everything else", async (t) => {
    deepEqualOutside(
      await evaluate(
        t,
        `return [Date.length, Date.name, Date.parse("1970-01-01T00:00:01Z"), Date.UTC(1970, 0, 1, 0, 0, 2),
          new Date(3).getTime(), new Date("1970-01-01T00:00:00.004Z").getTime(), new Date(new Date(5)).getTime(),
          new Date(1970, 0, 1, 1).getHours(), typeof Date(), JSON.stringify(new Date(0)),
          Object.prototype.toString.call(new Date()), Number.isNaN(new Date(NaN).getTime()),
          Number.isNaN(new Date(undefined).getTime())];`,
      ),
      [7, "Date", 1000, 2000, 3, 4, 5, 1, "string", '"1970-01-01T00:00:00.000Z"', "[object Date]", true, true],
    );
  });

  test("knows its instances", async (t) => {
    deepEqualOutside(
      await evaluate(
        t,
        `return [new Date() instanceof Date, structuredClone(new Date(1)) instanceof Date, env.date instanceof Date,
          ({}) instanceof Date, Object.getPrototypeOf(new Date()) === Date.prototype];`,
        { bindings: { date: new Date(0) } },
      ),
      [true, true, true, false, true],
    );
  });

  test("is the constructor of its instances", differs("another one shows"), async (t) => {
    assert.equal(await evaluate(t, "return new Date().constructor === Date;"), true);
  });

  test("can be extended", async (t) => {
    deepEqualOutside(
      await evaluate(
        t,
        `class Day extends Date { next() { return this.getTime() + 1; } }
        const now = new Day();
        return [now instanceof Day, now instanceof Date, now.getTime() === Date.now(), Day.now() === Date.now(),
          new Day(41).next()];`,
      ),
      [true, true, true, true, 42],
    );
  });

  test("can be replaced in part, as test tools do", differs("its Date.now stays as it is"), async (t) => {
    deepEqualOutside(
      await evaluate(
        t,
        `const { now } = Date;
        Date.now = () => 5;
        const replaced = Date.now();
        Date.now = now;
        return [replaced, Date.now() === new Date().getTime()];`,
      ),
      [5, true],
    );
  });

  test("is what files are dated with", differs("they have the actual time"), async (t) => {
    const body = `
      await env.pause();
      const form = new FormData();
      form.set("blob", new Blob(["x"]));
      return [new File([], "x"), form.get("blob")].map(({ lastModified }) => lastModified - Date.now());`;
    assert.deepEqual(await evaluate(t, body, { bindings }), [0, 0]);
  });

  test("crosses to Node and back", async (t) => {
    const bindings = { later: (date) => new Date(date.getTime() + 1) };
    assert.equal(
      await evaluate(t, "return env.later(new Date(1)).getTime() + env.later(new Date(2)).getTime();", { bindings }),
      5,
    );
    const scope = await create(t, { script: "export default {}" }).getGlobalScope();
    assert.equal(new scope.Date(7).getTime(), 7);
  });
});
