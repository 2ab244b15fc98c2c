// A worker that breaks its own realm, one property of a built-in at a time, and then answers: it gets an answer out, or an
// error, and never hangs. The cases are all properties of the standard built-ins, as the worker's own realm lists them.

import { describe } from "node:test";
import assert from "node:assert/strict";
import { RecordingLog } from "../support/log.mjs";
import { create, LogLevel } from "../support/miniflare.mjs";
import { json, turns } from "../support/dispatch.mjs";
import { acts, breaking, listing } from "../support/intrinsics.mjs";
import { patient } from "../support/patience.mjs";
import { within } from "../support/test.mjs";

const test = within(240_000);

/** How long a request may take before it counts as hanging, in milliseconds; it takes some ten. */
const DEADLINE = 20_000;

const words = (text) => text.trim().split(/\s+/);
const STANDARD =
  words(`AggregateError Array ArrayBuffer Atomics BigInt BigInt64Array BigUint64Array Boolean DataView Date
  Error EvalError FinalizationRegistry Float32Array Float64Array Function Int16Array Int32Array Int8Array Intl Iterator JSON
  Map Math Number Object Promise Proxy RangeError ReferenceError Reflect RegExp Set SharedArrayBuffer String Symbol
  SyntaxError TypeError URIError Uint16Array Uint32Array Uint8Array Uint8ClampedArray WeakMap WeakRef WeakSet WebAssembly`);
const WEB = words(`AbortController AbortSignal Blob Event EventTarget FormData Headers ReadableStream Request Response
  TextDecoder TextEncoder TransformStream URL URLSearchParams WritableStream`);
const FUNCTIONS = words(`decodeURIComponent encodeURIComponent isNaN parseInt parseFloat queueMicrotask structuredClone
  fetch console caches setTimeout`);

const WAYS = {
  "is null": "{ value: null, writable: true, configurable: true }",
  "throws when it is read": `{ get() { throw new Error("broken"); }, set() {}, configurable: true }`,
};

/** Names that all objects come to inherit. */
const INHERITED =
  words(`then get set value done next return throw writable enumerable configurable length 0 1 name message
  stack cause constructor toJSON body headers status statusText method url signal redirect cf webSocket encodeBody type start
  pull cancel write close abort highWaterMark size limit prefix cursor expiration metadata cacheTtl allowConcurrency once
  capture passive detail bubbles reason promise error source consumed streamOrStatic @@iterator @@asyncIterator
  @@toPrimitive @@toStringTag @@hasInstance @@species @@isConcatSpreadable`);
const INHERITED_WAYS = {
  "throws when it is read": `{ get() { throw new Error("broken"); }, configurable: true }`,
  "swallows what it is set to": "{ get() {}, set() {}, configurable: true }",
  "is a number": "{ value: 7, writable: false, configurable: true }",
  "is an object": "{ value: { inherited: true }, writable: true, configurable: true }",
};

const bindings = { ask: async (data, date, headers) => [data, date.getTime(), [...headers].length] };
const options = {
  logUnhandledRejections: true,
  bindings,
  kvNamespaces: ["KV"],
  durableObjects: { BOX: "Box" },
  cpuLimitMs: 2000,
};

/** V8 reads its properties for each promise that is waited for: where they are broken, nobody can look at a rejection. */
const ENDS_WAITS = "Promise";

/** How the requests of all cases have ended. */
const ends = { answer: 0, error: 0, hung: 0 };

/** What hangs in a worker of its own that has broken a property. */
async function hanging(t, path, way, descriptor, unhandled) {
  const log = new RecordingLog(LogLevel.ERROR);
  const mf = create(t, { script: breaking(path, descriptor), ...options, log });
  await settled(mf.dispatchFetch("http://localhost/?break", { method: "PUT" }));
  const hung = [];
  for (const act of acts) {
    const init = { method: "POST", headers: { "x-echo": "echo" }, body: JSON.stringify({ act }) };
    const end = await settled(mf.dispatchFetch(`http://localhost/${act}?query`, init));
    ends[end]++;
    if (end === "hung") hung.push(`${path.join(".")} ${way}: ${act}`);
  }
  await turns(2);
  await mf.dispose();
  if (path[0] !== ENDS_WAITS) unhandled.push(...log.lines.map((line) => `${path.join(".")} ${way}: ${line}`));
  return hung;
}

/** How a request ends, its body included. */
async function settled(answer) {
  let timer;
  const late = new Promise((resolve) => (timer = setTimeout(resolve, patient(DEADLINE), "hung")));
  const end = answer.then(async (response) => {
    await response.arrayBuffer();
    return "answer";
  });
  try {
    return await Promise.race([end.catch(() => "error"), late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Breaks each of these in each of these ways. */
async function breakAll(t, paths, ways) {
  t.mock.method(console, "log", () => {});
  const unhandled = [];
  const hung = [];
  for (const path of paths) {
    for (const [way, descriptor] of Object.entries(ways))
      hung.push(...(await hanging(t, path, way, descriptor, unhandled)));
  }
  assert.deepEqual(hung, []);
  assert.deepEqual(unhandled, []);
}

describe("a worker answers that breaks", () => {
  for (const names of [...STANDARD.map((name) => [name]), undefined, WEB, FUNCTIONS]) {
    test(names?.join(", ") ?? "built-ins without a name", async (t) => {
      const paths = await json(create(t, { script: listing(names) }));
      assert.ok(paths.length > 0);
      await breakAll(t, paths, WAYS);
    });
  }

  test("what all objects inherit", async (t) => {
    const paths = INHERITED.map((name) => ["Object", "prototype", name]);
    await breakAll(t, paths, INHERITED_WAYS);
  });

  test("and mostly not with an error", () => {
    const requests = Object.values(ends).reduce((sum, count) => sum + count, 0);
    // One of the ways to answer is to throw.
    const thrown = requests / acts.length;
    assert.ok(ends.error - thrown < requests / 40, JSON.stringify(ends));
  });
});

describe("a worker whose realm takes no request any more", () => {
  for (const built of ["Array", "Object"]) {
    test(`as ${built}.prototype is broken, ends it with ERR_BROKEN_REALM until it is reloaded`, async (t) => {
      const breaks = `Object.defineProperty(${built}.prototype, 10, { get() { throw new Error("its own"); }, set() {} });`;
      const mf = create(t, { script: `export default { fetch() { ${breaks} return new Response("broken now"); } }` });
      const request = async () => (await mf.dispatchFetch("http://localhost/")).text();
      assert.equal(await request(), "broken now");
      for (let again = 0; again < 2; again++) {
        await assert.rejects(request(), {
          code: "ERR_BROKEN_REALM",
          message: /could not answer: .*its own.*reload\(\)/,
        });
      }
      await mf.reload();
      assert.equal(await request(), "broken now");
    });
  }
});
