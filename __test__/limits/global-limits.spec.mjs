// Tags: oracle, every-node
// What only works while a request is handled: asynchronous I/O, timers, random values. And the options that lift it.

import { describe } from "node:test";
import assert from "node:assert/strict";
import { create, createInvalid, differs } from "../support/miniflare.mjs";
import { deepEqualOutside, evaluate, json, URL_ROOT } from "../support/dispatch.mjs";
import { test } from "../support/test.mjs";

const MESSAGE =
  "Some functionality, such as asynchronous I/O (fetch, Cache API, KV), timeouts (setTimeout, setInterval), and generating random values (crypto.getRandomValues, crypto.subtle.generateKey), can only be performed while handling a request.";

const GENERATE = `crypto.subtle.generateKey({ name: "AES-GCM", length: 128 }, true, ["encrypt"])`;

/** What each option lifts. Nothing listens where `fetch` goes: it fails in another way. */
const GROUPS = {
  globalAsyncIO: { fetch: `fetch("http://127.0.0.1:1/")` },
  globalTimers: {
    setTimeout: "clearTimeout(setTimeout(() => {}, 0))",
    setInterval: "clearInterval(setInterval(() => {}, 1))",
    clearTimeout: "clearTimeout(undefined)",
    clearInterval: "clearInterval(undefined)",
    "scheduler.wait": "scheduler.wait(0)",
  },
  globalRandom: {
    "crypto.getRandomValues": "crypto.getRandomValues(new Uint8Array(4))",
    "crypto.subtle.generateKey": GENERATE,
  },
};

const OPTIONS = Object.keys(GROUPS);
const ALL = Object.assign({}, ...Object.values(GROUPS));

/** A script that tries each of `acts` at its top level and answers which of them were refused. */
function trial(acts, isModule) {
  const tries = Object.entries(acts).map(([name, act]) => `refused(${JSON.stringify(name)}, () => ${act})`);
  const handler = "async () => new Response(JSON.stringify((await Promise.all(tries)).filter(Boolean)))";
  return `
  const message = ${JSON.stringify(MESSAGE)};
  async function refused(name, act) {
    try { await act(); } catch (error) { if (error.message === message) return name; }
  }
  const tries = [${tries.join(", ")}];
  const handler = ${handler};
  ${isModule ? "export default { fetch: handler };" : `addEventListener("fetch", (event) => event.respondWith(handler()));`}`;
}

for (const isModule of [true, false]) {
  describe(isModule ? "the top level of a module worker" : "the top level of a service worker", () => {
    const refused = (t, acts, options = {}) =>
      json(create(t, { modules: isModule, script: trial(acts, isModule), ...options }));

    test("has no asynchronous I/O, timers or random values", async (t) => {
      deepEqualOutside(await refused(t, ALL), Object.keys(ALL));
    });

    for (const option of OPTIONS) {
      test(`has what ${option} allows, and nothing else`, async (t) => {
        const expected = OPTIONS.filter((other) => other !== option).flatMap((other) => Object.keys(GROUPS[other]));
        deepEqualOutside(await refused(t, ALL, { [option]: true }), expected);
      });
    }

    test("has all of it with the three options", async (t) => {
      const options = { globalAsyncIO: true, globalTimers: true, globalRandom: true };
      deepEqualOutside(await refused(t, ALL, options), []);
    });

    test("has everything else", async (t) => {
      const acts = {
        randomUUID: "crypto.randomUUID()",
        random: "Math.random()",
        timeout: "AbortSignal.timeout(1)",
        microtask: "queueMicrotask(() => {})",
        digest: `crypto.subtle.digest("SHA-256", new Uint8Array(1))`,
        key: `crypto.subtle.importKey("raw", new Uint8Array(16), "AES-GCM", true, ["encrypt"])`,
        stream: `new Response("text").text()`,
        request: `new Request("http://localhost/")`,
      };
      deepEqualOutside(await refused(t, acts), []);
    });
  });
}

test("a worker that uses a timer at its top level does not start, and says why", async (t) => {
  for (const script of ["setTimeout(() => {}, 1);", "export default {}; await scheduler.wait(1);"]) {
    await assert.rejects(createInvalid(t, { script }).dispatchFetch(URL_ROOT), { name: "Error", message: MESSAGE });
  }
});

test("code after a top-level await is outside of requests too", async (t) => {
  const script = `
    let message;
    await Promise.resolve();
    try { crypto.getRandomValues(new Uint8Array(1)); } catch (error) { ({ message } = error); }
    export default { fetch: () => new Response(JSON.stringify(message)) };`;
  assert.equal(await json(create(t, { script })), MESSAGE);
});

describe("code of a request is inside of it", () => {
  /** Miniflare 2 has streams as the standard has them since then. */
  const STANDARD = { compatibilityDate: "2022-12-01" };
  const USE = "crypto.getRandomValues(new Uint8Array(1)).length";

  const WAYS = {
    "in the handler": `return ${USE};`,
    "after a promise": `await Promise.resolve(); return ${USE};`,
    "in a thenable": `return { then(resolve) { resolve(${USE}); } };`,
    "in a microtask": `return new Promise((resolve) => queueMicrotask(() => resolve(${USE})));`,
    "in a timer": `return new Promise((resolve) => setTimeout(() => resolve(${USE}), 1));`,
    "in an interval": `return new Promise((resolve) => {
      let count = 0;
      const interval = setInterval(() => { if (++count === 2) { clearInterval(interval); resolve(${USE}); } }, 1);
    });`,
    "in a timer of a timer": `return new Promise((resolve) => {
      setTimeout(() => setTimeout(() => resolve(${USE}), 1), 1);
    });`,
    "after scheduler.wait": `await scheduler.wait(1); return ${USE};`,
    "after work of Web Crypto": `await crypto.subtle.digest("SHA-256", new Uint8Array(1)); return ${USE};`,
    "in the pull of a stream": `
      const stream = new ReadableStream({
        async pull(controller) { await scheduler.wait(1); controller.enqueue(${USE}); controller.close(); }
      });
      return (await stream.getReader().read()).value;`,
    "in a transformer": `
      const { readable, writable } = new TransformStream({ transform(_, controller) { controller.enqueue(${USE}); } });
      const writer = writable.getWriter();
      writer.write(1);
      return (await readable.getReader().read()).value;`,
    "in a sink": `
      let used;
      const writer = new WritableStream({ async write() { await scheduler.wait(1); used = ${USE}; } }).getWriter();
      await writer.write(1);
      return used;`,
    "in a listener of an event": `
      const target = new EventTarget();
      return new Promise((resolve) => {
        target.addEventListener("x", () => resolve(${USE}));
        setTimeout(() => target.dispatchEvent(new Event("x")), 1);
      });`,
    "in a listener of an abort": `
      const controller = new AbortController();
      return new Promise((resolve) => {
        controller.signal.addEventListener("abort", () => resolve(${USE}));
        setTimeout(() => controller.abort(), 1);
      });`,
    "in a listener of AbortSignal.timeout": `
      return new Promise((resolve) => AbortSignal.timeout(1).addEventListener("abort", () => resolve(${USE})));`,
    "in an async generator": `
      async function* generate() { await scheduler.wait(1); yield ${USE}; }
      for await (const value of generate()) return value;`,
  };

  for (const [way, body] of Object.entries(WAYS)) {
    test(way, async (t) => assert.equal(await evaluate(t, body, STANDARD), 1));
  }

  test("in a function that Node calls later", async (t) => {
    const bindings = { later: (act) => new Promise((resolve) => setTimeout(async () => resolve(await act()), 1)) };
    assert.equal(await evaluate(t, `return env.later(() => ${USE});`, { bindings }), 1);
  });

  test("while its response is streamed", async (t) => {
    const script = `export default {
      fetch: () => new Response(new ReadableStream({
        async pull(controller) {
          await scheduler.wait(1);
          controller.enqueue(new TextEncoder().encode(String(${USE})));
          controller.close();
        }
      }))
    }`;
    assert.equal(await json(create(t, { ...STANDARD, script })), 1);
  });

  test("in what it waits for after it has answered", async (t) => {
    const script = `export default {
      fetch(request, env, ctx) {
        ctx.waitUntil(scheduler.wait(1).then(() => ${USE}));
        return new Response();
      }
    }`;
    const response = await create(t, { script }).dispatchFetch(URL_ROOT);
    deepEqualOutside(await response.waitUntil(), [1]);
  });

  const called = differs("a listener is in the context of who dispatches");

  test("in its listeners that are called outside of all requests", called, async (t) => {
    const script = `
      const target = new EventTarget();
      const heard = new Promise((resolve) => {
        globalThis.listen = () => target.addEventListener("x", async () => {
          const failure = await fetch("http://127.0.0.1:1/").catch(({ message }) => message);
          setTimeout(() => resolve([${USE}, failure]), 1);
        });
      });
      export const dispatch = () => { target.dispatchEvent(new Event("x")); return heard; };
      export const use = () => ${USE};
      export default { fetch() { listen(); return new Response(); } };`;
    const mf = create(t, { script });
    await mf.dispatchFetch(URL_ROOT);
    const { dispatch, use } = await mf.getModuleExports();
    deepEqualOutside(await dispatch(), [1, "fetch failed"]);
    assert.throws(() => use(), { message: MESSAGE });
  });

  test("in the listeners of its signals, from wherever they are aborted", called, async (t) => {
    const script = `
      const controller = new AbortController();
      let used;
      export const abort = () => { controller.abort(); return used; };
      export default {
        fetch() {
          controller.signal.addEventListener("abort", () => { used = ${USE}; });
          return new Response();
        }
      };`;
    const mf = create(t, { script });
    await mf.dispatchFetch(URL_ROOT);
    const { abort } = await mf.getModuleExports();
    assert.equal(abort(), 1);
  });

  test("in a scheduled event", async (t) => {
    const script = `export default { fetch() {}, scheduled: async () => { await scheduler.wait(1); return ${USE}; } }`;
    deepEqualOutside(await create(t, { script }).dispatchScheduled(), [1]);
  });

  test("in a listener of its unhandled rejections", differs("its listeners are those of the process"), async (t) => {
    const script = `
      let heard;
      const used = new Promise((resolve) => { heard = resolve; });
      addEventListener("unhandledrejection", (event) => { event.preventDefault(); heard(${USE}); });
      export default {
        async fetch() {
          Promise.reject(new Error("unhandled"));
          return new Response(JSON.stringify(await used));
        }
      }`;
    assert.equal(await json(create(t, { script })), 1);
  });

  test("when it waits for its turn at a Durable Object", async (t) => {
    const script = `
      export class Box {
        constructor(state) { this.storage = state.storage; }
        async fetch() {
          await this.storage.put("key", 1);
          await scheduler.wait(1);
          return new Response(String(${USE}));
        }
      }
      export default {
        async fetch(request, env) {
          const stub = env.BOX.get(env.BOX.idFromName("a"));
          const asked = await Promise.all([1, 2, 3].map(() => stub.fetch("http://localhost/")));
          return new Response(JSON.stringify(await Promise.all(asked.map((response) => response.json()))));
        }
      }`;
    deepEqualOutside(await json(create(t, { script, durableObjects: { BOX: "Box" } })), [1, 1, 1]);
  });

  test("in the work that it started and that another request waits for", async (t) => {
    const script = `
      let work;
      export default {
        async fetch() {
          if (work === undefined) {
            work = scheduler.wait(5).then(() => scheduler.wait(1)).then(() => ${USE});
            return new Response("0");
          }
          return new Response(JSON.stringify(await work));
        }
      }`;
    const mf = create(t, { script });
    deepEqualOutside([await json(mf), await json(mf)], [0, 1]);
  });

  test("in the constructor and the handler of a Durable Object", async (t) => {
    const script = `
      export class Box {
        constructor() { this.first = ${USE}; }
        async fetch() { await scheduler.wait(1); return new Response(JSON.stringify([this.first, ${USE}])); }
      }
      export default {
        fetch: (request, env) => env.BOX.get(env.BOX.idFromName("inside")).fetch(request)
      }`;
    const mf = create(t, { script, durableObjects: { BOX: "Box" } });
    deepEqualOutside(await json(mf), [1, 1]);
  });

  test(
    "in the constructor of a Durable Object that is asked from outside",
    differs("there is no request then"),
    async (t) => {
      const script = `
      export class Box {
        constructor() { this.first = ${USE}; }
        fetch() { return new Response(JSON.stringify([this.first, ${USE}])); }
      }
      export default {}`;
      const mf = create(t, { script, durableObjects: { BOX: "Box" } });
      const namespace = await mf.getDurableObjectNamespace("BOX");
      const response = await namespace.get(namespace.idFromName("outside")).fetch(URL_ROOT);
      assert.deepEqual(await response.json(), [1, 1]);
    },
  );
});
