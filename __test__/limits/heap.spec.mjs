// Tags: oracle
// A worker that allocates without end is stopped by its heap limit; Node and other instances go on.

import { describe } from "node:test";
import assert from "node:assert/strict";
import { create, createInvalid, differs, isOracle } from "../support/miniflare.mjs";
import { rejection, text, URL_ROOT } from "../support/dispatch.mjs";
import { deadline } from "../support/deadline.mjs";
import { within } from "../support/test.mjs";

const test = within(60_000);

const LIMIT_MB = 48;
const NO_LIMITS = differs("it has no limits");

if (!isOracle) deadline(280_000);

const growing = (t, body, options = {}) =>
  create(t, {
    heapLimitMb: LIMIT_MB,
    ...options,
    script: `
  globalThis.kept = [];
  export default { async fetch(request, env) {
    if (request.url.endsWith("/fine")) return new Response("fine");
    ${body}
    return new Response("survived");
  } }`,
  });

async function stopped(promise) {
  const error = await rejection(promise);
  assert.equal(error?.code, "ERR_HEAP_LIMIT", String(error?.stack ?? error));
  assert.ok(error instanceof Error);
  assert.match(error.message, new RegExp(`${LIMIT_MB}\\s*MB`));
  assert.match(error.message, /heapLimitMb/);
}

describe("endless allocation", NO_LIMITS, () => {
  const bodies = {
    objects: "for (let n = 0; ; n++) kept.push({ n, text: 'x' + n });",
    strings: "for (let n = 0; ; n++) kept.push(String(n).repeat(1000).split('').reverse().join(''));",
    "one string":
      "let s = 'x'; for (let n = 0; ; n++) { s += s + n; if (s.length > 1e8) s = s.slice(1e7); kept.push(s); }",
    "one array": "for (;;) kept.push(kept.length);",
    maps: "for (let n = 0; ; n++) (kept.table ??= new Map()).set('k' + n, n);",
    closures: "for (let n = 0; ; n++) kept.push(() => [n, new Array(10).fill(n)]);",
    ArrayBuffers: "for (;;) kept.push(new ArrayBuffer(1 << 20));",
    "typed arrays that are written": "for (;;) kept.push(new Uint8Array(1 << 20).fill(1));",
    promises: "for (;;) { kept.push(new Promise(() => {}).then(() => [])); }",
    "what a try block holds": "for (;;) try { for (;;) kept.push(new Array(1000).fill(kept)); } catch {}",
    timers: "await new Promise(() => setInterval(() => { for (let n = 0; n < 1e5; n++) kept.push({ n }); }, 0));",
  };

  for (const [name, body] of Object.entries(bodies)) {
    test(`of ${name} is stopped, and the process lives`, async (t) => {
      const before = process.memoryUsage().rss;
      const mf = growing(t, body);
      const neighbour = create(t, { script: `export default { fetch: () => new Response("neighbour") }` });
      await stopped(mf.dispatchFetch(URL_ROOT));
      assert.equal(await text(neighbour), "neighbour");
      const grown = (process.memoryUsage().rss - before) / 2 ** 20;
      assert.ok(grown < 8 * LIMIT_MB, `the process has grown by ${grown.toFixed(0)} MB`);
    });
  }

  test("leaves an instance that a reload makes whole", async (t) => {
    const mf = growing(t, "for (let n = 0; ; n++) kept.push({ n });");
    await stopped(mf.dispatchFetch(URL_ROOT));
    await mf.reload();
    assert.equal(await text(mf, "http://localhost/fine"), "fine");
    await stopped(mf.dispatchFetch(URL_ROOT));
  });

  test("leaves an instance that answers or says why not", async (t) => {
    const mf = growing(t, "for (let n = 0; ; n++) kept.push({ n });");
    await stopped(mf.dispatchFetch(URL_ROOT));
    const next = await text(mf, "http://localhost/fine").catch((error) => error.code);
    assert.ok(next === "fine" || next === "ERR_HEAP_LIMIT", next);
  });

  test("at the start of a worker rejects", async (t) => {
    const script = "const kept = []; for (let n = 0; ; n++) kept.push({ n });\nexport default {};";
    await stopped(createInvalid(t, { heapLimitMb: LIMIT_MB, script }).dispatchFetch(URL_ROOT));
  });

  // V8 looks at its limit between steps of its own: the first of these is as short as one can be that takes long.
  for (const step of [
    "new Array(34e6).fill(0)",
    "new ArrayBuffer(8 * 2 ** 30)",
    "new Array(2 ** 24).fill({}).map((_, n) => ({ n }))",
  ]) {
    test(`in one step is stopped or refused: ${step}`, async (t) => {
      const outcome = await text(growing(t, `kept.push(${step});`)).catch((error) => error.code ?? error.name);
      assert.ok(["ERR_HEAP_LIMIT", "RangeError"].includes(outcome), outcome);
    });
  }

  test("of WebAssembly memory is stopped or refused", async (t) => {
    const body = "for (;;) kept.push(new WebAssembly.Memory({ initial: 256 }));";
    const { code, name } = await rejection(growing(t, body, { cpuLimitMs: 2_000 }).dispatchFetch(URL_ROOT));
    assert.ok(["ERR_HEAP_LIMIT", "ERR_CPU_LIMIT"].includes(code) || name === "RangeError", `${name} ${code}`);
  });
});

describe("the heap limit", NO_LIMITS, () => {
  test("leaves garbage to the collector", async (t) => {
    const mf = growing(
      t,
      `
      for (let n = 0; n < 2000; n++) new Uint8Array(1 << 20)[n] = n;
      for (let n = 0; n < 2e6; n++) ({ n, text: "x" + n });`,
    );
    assert.equal(await text(mf), "survived");
  });

  test("leaves alone what stays below it", async (t) => {
    const mf = growing(
      t,
      "for (let n = 0; n < 2e5; n++) kept.push({ n, list: [n] }); kept.push(new Uint8Array(8 << 20));",
    );
    assert.equal(await text(mf), "survived");
  });

  test("is 128 MB by default", async (t) => {
    const grow = (megabytes) =>
      growing(t, `for (let n = 0; n < ${megabytes}; n++) kept.push(new Array(131072).fill(n));`, {
        heapLimitMb: undefined,
      });
    assert.equal(await text(grow(64)), "survived");
    assert.equal((await rejection(grow(400).dispatchFetch(URL_ROOT))).code, "ERR_HEAP_LIMIT");
  });

  test("can be raised", async (t) => {
    const mf = growing(t, "for (let n = 0; n < 250; n++) kept.push(new Array(131072).fill(n));", { heapLimitMb: 512 });
    assert.equal(await text(mf), "survived");
  });
});
