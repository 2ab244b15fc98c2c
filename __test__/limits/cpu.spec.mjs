// Tags: oracle
// A worker that computes without end is stopped by its CPU limit; Node, the instance and its neighbours go on.

import { describe } from "node:test";
import assert from "node:assert/strict";
import { create, createInvalid, differs, isOracle } from "../support/miniflare.mjs";
import { rejection, text, URL_ROOT } from "../support/dispatch.mjs";
import { deadline } from "../support/deadline.mjs";
import { folder } from "../support/files.mjs";
import { TRAP } from "../support/wasm.mjs";
import { test } from "../support/test.mjs";

const LIMIT_MS = 200;
const SLACK_MS = 10_000;
const NO_LIMITS = differs("it has no limits");

if (!isOracle) deadline(240_000);

const limited = (t, script, options = {}) => create(t, { cpuLimitMs: LIMIT_MS, script, ...options });

async function ended(promise) {
  const start = process.cpuUsage();
  const error = await rejection(promise);
  const { user, system } = process.cpuUsage(start);
  const took = (user + system) / 1000;
  assert.equal(error?.code, "ERR_CPU_LIMIT", String(error?.stack ?? error));
  assert.ok(error instanceof Error);
  assert.match(error.message, /200\s*ms/);
  assert.match(error.message, /cpuLimitMs/);
  assert.ok(took < LIMIT_MS + SLACK_MS, `it took ${took} ms of CPU time`);
}

describe("an endless handler", NO_LIMITS, () => {
  const bodies = {
    "a loop": "for (;;);",
    "a loop that catches everything": "for (;;) try { for (;;); } catch {} finally { for (;;); }",
    "a loop of microtasks":
      "const loop = () => void Promise.resolve().then(loop); loop(); await new Promise(() => {});",
    "a loop of awaits": "for (;;) await null;",
    "a regular expression": `/^(a+)+$/.test("a".repeat(60) + "!");`,
    "a loop in a timer": "await new Promise(() => setTimeout(() => { for (;;); }));",
    "a loop in an event listener": "addEventListener('x', () => { for (;;); }); dispatchEvent(new Event('x'));",
    "a loop of calls to the host": "for (;;) env.nothing();",
    "a loop inside a callback from the host": "env.call(() => { for (;;); });",
    "a loop in a getter read by the host": "env.read({ f() {}, get value() { for (;;); } });",
    "a loop in WebAssembly": "new WebAssembly.Instance(env.SPIN).exports.spin();",
    "a sort without end": "[1, 2].sort(() => { for (;;); });",
    "a proxy without end": "Object.keys(new Proxy({}, { ownKeys() { for (;;); } }));",
    "a thenable without end": "return { then() { for (;;); } };",
    "an error with an endless getter": "throw Object.defineProperty(new Error(), 'message', { get() { for (;;); } });",
  };

  for (const [name, body] of Object.entries(bodies)) {
    test(`of ${name} is ended, and the next request works`, async (t) => {
      const bindings = { nothing: () => {}, call: (callback) => callback(), read: (object) => object.value };
      const mf = limited(
        t,
        `export default {
        async fetch(request, env) {
          if (request.url.endsWith("/fine")) return new Response("fine");
          ${body}
        }
      }`,
        { bindings, rootPath: folder(t, { "spin.wasm": TRAP }), wasmBindings: { SPIN: "spin.wasm" } },
      );
      await ended(mf.dispatchFetch(URL_ROOT));
      assert.equal(await text(mf, "http://localhost/fine"), "fine");
    });
  }

  test("is ended again and again", async (t) => {
    const mf = limited(
      t,
      `export default {
        fetch(request) { if (request.url.endsWith("/fine")) return new Response("fine"); for (;;); }
      }`,
    );
    for (let round = 0; round < 5; round++) {
      await ended(mf.dispatchFetch(URL_ROOT));
      assert.equal(await text(mf, "http://localhost/fine"), "fine");
    }
  });

  test("does not end instances beside it, nor Node's timers", async (t) => {
    const endless = limited(t, "export default { fetch() { for (;;); } }");
    const good = create(t, {
      script: `export default {
      async fetch() { await new Promise((resolve) => setTimeout(resolve, 1)); return new Response("good"); }
    }`,
    });
    await good.getBindings();
    const beside = text(good);
    const timer = new Promise((resolve) => setTimeout(resolve, 1, "ticked"));
    await ended(endless.dispatchFetch(URL_ROOT));
    assert.equal(await beside, "good");
    assert.equal(await timer, "ticked");
  });
});

describe("an endless start", NO_LIMITS, () => {
  const scripts = {
    "a module": "for (;;);\nexport default {};",
    "a module with a top-level await": "for (;;) await null;\nexport default {};",
    "a service worker": "for (;;);",
  };
  for (const [name, script] of Object.entries(scripts)) {
    test(`of ${name} is ended, and the instance can be repaired`, async (t) => {
      const mf = createInvalid(t, { cpuLimitMs: LIMIT_MS, script });
      await ended(mf.dispatchFetch(URL_ROOT));
      await mf.setOptions({ modules: true, script: `export default { fetch: () => new Response("repaired") }` });
      assert.equal(await text(mf), "repaired");
    });
  }

  test("through setOptions is ended", async (t) => {
    const mf = limited(t, `export default { fetch: () => new Response("fine") }`);
    assert.equal(await text(mf), "fine");
    await ended(mf.setOptions({ script: "for (;;);\nexport default {};" }));
  });
});

describe("endless work elsewhere", NO_LIMITS, () => {
  test("in a scheduled handler is ended", async (t) => {
    const mf = limited(t, "export default { scheduled() { for (;;); } }");
    await ended(mf.dispatchScheduled());
  });

  test("in waitUntil is ended", async (t) => {
    const mf = limited(
      t,
      `export default { fetch(request, env, ctx) {
      ctx.waitUntil(new Promise(() => setTimeout(() => { for (;;); }, 1)));
      return new Response("answered");
    } }`,
    );
    const response = await mf.dispatchFetch(URL_ROOT);
    assert.equal(await response.text(), "answered");
    await ended(response.waitUntil());
  });

  test("in waitUntil rejects it, too, when it is called after the end", async (t) => {
    const script = `export default { fetch(request, env, ctx) {
      ctx.waitUntil(new Promise(() => setTimeout(() => { for (;;); }, 1)));
      return new Response("answered");
    } }`;
    const mf = limited(t, script);
    const response = await mf.dispatchFetch(URL_ROOT);
    await ended(response.waitUntil());
    const late = response.waitUntil();
    assert.ok(late instanceof Promise);
    await ended(late);
  });

  test("in a response's stream ends the reading", async (t) => {
    const mf = limited(
      t,
      `let sent = false; export default { fetch: () => new Response(new ReadableStream({
      pull(controller) {
        if (sent) for (;;);
        sent = true;
        controller.enqueue(new Uint8Array(1));
      }
    })) }`,
    );
    await ended((await mf.dispatchFetch(URL_ROOT)).arrayBuffer());
  });

  test("in a Durable Object is ended, and another object works", async (t) => {
    const mf = limited(
      t,
      `
    export class Box { fetch(request) { if (request.url.endsWith("/fine")) return new Response("fine"); for (;;); } }
    export default { fetch: (request, { BOX }) => BOX.get(BOX.newUniqueId()).fetch(request) }`,
      { durableObjects: { BOX: "Box" } },
    );
    await ended(mf.dispatchFetch(URL_ROOT));
    assert.equal(await text(mf, "http://localhost/fine"), "fine");
  });

  test("in a function called from outside throws", async (t) => {
    const mf = limited(t, "export const spin = () => { for (;;); }; export default {};");
    const { spin } = await mf.getModuleExports();
    assert.throws(() => spin(), { code: "ERR_CPU_LIMIT" });
    assert.throws(() => spin(), { code: "ERR_CPU_LIMIT" });
  });

  test("that only waits is refused or ended: Atomics.wait", async (t) => {
    const mf = limited(
      t,
      `export default { fetch(request) {
      if (!request.url.endsWith("/fine")) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
      return new Response("fine");
    } }`,
    );
    const error = await rejection(mf.dispatchFetch(URL_ROOT));
    assert.ok(error.code === "ERR_CPU_LIMIT" || error.name === "TypeError", String(error));
    assert.equal(await text(mf, "http://localhost/fine"), "fine");
  });
});

describe("the CPU limit", NO_LIMITS, () => {
  test("does not count waiting", async (t) => {
    const mf = limited(
      t,
      `export default { async fetch() {
      await new Promise((resolve) => setTimeout(resolve, ${3 * LIMIT_MS}));
      return new Response("waited");
    } }`,
    );
    assert.equal(await text(mf), "waited");
  });

  test("does not add up over requests", async (t) => {
    const mf = limited(
      t,
      `export default { fetch() {
      const end = performance_now() + ${LIMIT_MS / 10};
      while (performance_now() < end);
      return new Response("short");
    } }`,
      { globals: { performance_now: () => performance.now() } },
    );
    for (let round = 0; round < 15; round++) assert.equal(await text(mf), "short");
  });

  test("leaves long work alone that stays below it", async (t) => {
    const mf = limited(
      t,
      `export default { fetch() {
      let sum = 0;
      for (let n = 0; n < 50_000_000; n++) sum += n % 7;
      return new Response(String(sum));
    } }`,
      { cpuLimitMs: 30_000 },
    );
    assert.equal(await text(mf), "149999997");
  });

  test("can be changed by setOptions", async (t) => {
    const mf = create(t, { cpuLimitMs: 60_000, script: "export default { fetch() { for (;;); } }" });
    await mf.setOptions({ cpuLimitMs: LIMIT_MS });
    await ended(mf.dispatchFetch(URL_ROOT));
  });
});
