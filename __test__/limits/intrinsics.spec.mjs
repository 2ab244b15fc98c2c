// A worker that breaks its own realm, one built-in at a time, and then answers: it gets an answer out, or an error, and never
// hangs. The cases are all properties of the standard built-ins, as the worker's own realm lists them.

import { describe } from "node:test";
import assert from "node:assert/strict";
import { create } from "../support/miniflare.mjs";
import { json } from "../support/dispatch.mjs";
import { within } from "../support/test.mjs";

const test = within(240_000);

/** How long a request may take before it counts as hanging, in milliseconds; it takes some ten. */
const DEADLINE = 20_000;

/** `find(path)` gives `[object, key]` of a built-in's property, in the worker. */
const FIND = `
const HIDDEN = {
  "%AsyncFunction%": (async () => {}).constructor, "%GeneratorFunction%": (function* () {}).constructor,
  "%AsyncGeneratorFunction%": (async function* () {}).constructor, "%TypedArray%": Object.getPrototypeOf(Uint8Array),
  "%ArrayIterator%": { prototype: Object.getPrototypeOf([][Symbol.iterator]()) },
  "%MapIterator%": { prototype: Object.getPrototypeOf(new Map()[Symbol.iterator]()) },
  "%SetIterator%": { prototype: Object.getPrototypeOf(new Set()[Symbol.iterator]()) },
  "%StringIterator%": { prototype: Object.getPrototypeOf(""[Symbol.iterator]()) },
  "%RegExpStringIterator%": { prototype: Object.getPrototypeOf("".matchAll(/a/g)) },
  "%Iterator%": { prototype: Object.getPrototypeOf(Object.getPrototypeOf([][Symbol.iterator]())) },
  "%AsyncIterator%": { prototype: Object.getPrototypeOf(Object.getPrototypeOf((async function* () {}).prototype)) },
  "%Generator%": { prototype: Object.getPrototypeOf((function* () {}).prototype) },
  "%AsyncGenerator%": { prototype: Object.getPrototypeOf((async function* () {}).prototype) },
};
const keyOf = (text) => text.startsWith("@@") ? Symbol[text.slice(2)] : text;
const textOf = (key) => typeof key === "symbol" ? "@@" + key.description.slice(7) : key;
function find([root, ...keys]) {
  let [object, key] = [globalThis, root];
  if (root in HIDDEN) [object, key] = [HIDDEN, root];
  for (const next of keys) [object, key] = [object[key], keyOf(next)];
  return [object, key];
}`;

const STANDARD =
  `AggregateError Array ArrayBuffer Atomics BigInt BigInt64Array BigUint64Array Boolean DataView Date Error
  EvalError FinalizationRegistry Float32Array Float64Array Function Int16Array Int32Array Int8Array Intl Iterator JSON Map
  Math Number Object Promise Proxy RangeError ReferenceError Reflect RegExp Set SharedArrayBuffer String Symbol SyntaxError
  TypeError URIError Uint16Array Uint32Array Uint8Array Uint8ClampedArray WeakMap WeakRef WeakSet WebAssembly`.split(
    /\s+/,
  );
const WEB =
  `AbortController AbortSignal Blob Event EventTarget FormData Headers ReadableStream Request Response TextDecoder
  TextEncoder TransformStream URL URLSearchParams WritableStream`.split(/\s+/);
const FUNCTIONS = [
  "decodeURIComponent",
  "encodeURIComponent",
  "isNaN",
  "parseInt",
  "parseFloat",
  "queueMicrotask",
  "structuredClone",
  "fetch",
  "console",
  "caches",
  "setTimeout",
];

const LIST = `${FIND}
const names = NAMES;
const roots = [...names, ...Object.keys(HIDDEN)];
const paths = [...names.map((name) => [name])];
for (const root of roots) {
  const value = root in HIDDEN ? HIDDEN[root] : globalThis[root];
  if ((typeof value !== "object" && typeof value !== "function") || value === null) continue;
  for (const [object, prefix] of [[value, [root]], [value.prototype, [root, "prototype"]]]) {
    if (object === undefined || object === null) continue;
    for (const key of Reflect.ownKeys(object)) {
      const { configurable, writable } = Object.getOwnPropertyDescriptor(object, key);
      if ((configurable || writable) && !(typeof key === "symbol" && !key.description.startsWith("Symbol."))) paths.push([...prefix, textOf(key)]);
    }
  }
}
return paths;`;

/** Ways to break a property. */
const WAYS = {
  "is null": "{ value: null, writable: true, configurable: true }",
  "throws when it is read": `{ get() { throw new Error("broken"); }, set() {}, configurable: true }`,
};

/** Names that all objects inherit, and what they are. */
const INHERITED =
  `then get set value done next return throw writable enumerable configurable length 0 1 name message stack cause
  constructor toJSON body headers status statusText method url signal redirect cf webSocket encodeBody type start pull cancel
  write close abort highWaterMark size limit prefix cursor expiration metadata cacheTtl allowConcurrency once capture passive
  detail bubbles reason promise error source consumed streamOrStatic length @@iterator @@asyncIterator @@toPrimitive
  @@toStringTag @@hasInstance @@species @@isConcatSpreadable`.split(/\s+/);
const INHERITED_WAYS = {
  "throws when it is read": `{ get() { throw new Error("broken"); }, configurable: true }`,
  "swallows what it is set to": "{ get() {}, set() {}, configurable: true }",
  "is a number": "{ value: 7, writable: false, configurable: true }",
  "is an object": "{ value: { inherited: true }, writable: true, configurable: true }",
};

const SCRIPT = `${FIND}
const { defineProperty, deleteProperty } = Reflect;
export class Box {
  constructor(state) { this.storage = state.storage; }
  async fetch(request) {
    const text = await request.text();
    await this.storage.put("key", text);
    return new Response((await this.storage.get("key")) + (await this.storage.list()).size, { headers: { "x-object": "1" } });
  }
}
const ACTS = {
  __proto__: null,
  text: async () => new Response("text"),
  body: async (request) => new Response(await request.text()),
  headers: async (request) => new Response(null, { status: 201, headers: { "x-echo": request.headers.get("x-echo"), "x-url": new URL(request.url).search } }),
  json: async (request) => Response.json(await request.json()),
  kv: async (request, env) => {
    await env.KV.put("key", "value", { metadata: { a: 1 } });
    const { value } = await env.KV.getWithMetadata("key");
    return new Response(value + (await env.KV.list()).keys.length);
  },
  object: async (request, env) => env.BOX.get(env.BOX.idFromName("a")).fetch(request),
  stream: async (request) => new Response(request.body.pipeThrough(new TransformStream())),
  own: async () => new Response(new ReadableStream({ start(c) { c.enqueue(new Uint8Array([116])); c.close(); } })),
  cache: async () => {
    await caches.default.put("http://localhost/", new Response("cached", { headers: { "Cache-Control": "max-age=60" } }));
    return caches.default.match("http://localhost/");
  },
  node: async (request, env) => Response.json(await env.ask({ list: [1, { a: "b" }] }, new Date(0), request.headers)),
  timer: async () => {
    await new Promise((resolve) => setTimeout(resolve, 1));
    return new Response("timer");
  },
  error: async () => { throw new TypeError("thrown", { cause: new Error("cause") }); },
  console: async () => { console.log("text", { a: 1 }, [2]); return new Response(); },
  wait: async (request, env, ctx) => { ctx.waitUntil(Promise.resolve(1)); return new Response("wait"); },
};
export default {
  async fetch(request, env, ctx) {
    const { path, way, act } = env.NEXT;
    if (act === "break") {
      const [object, key] = find(path);
      const descriptor = WAY;
      if (descriptor === undefined) deleteProperty(object, key);
      else defineProperty(object, key, descriptor);
      return;
    }
    return ACTS[act](request, env, ctx);
  }
};`;
const ACTS = [...SCRIPT.matchAll(/^ {2}(\w+): (?:async )?\(/gm)].map(([, name]) => name);

/** Breaks a property in a worker of its own, and has it answer in all ways. What hangs. */
async function hanging(t, path, way, descriptor) {
  const next = { path, act: "break" };
  const bindings = {
    get NEXT() {
      return next;
    },
    ask: async (data, date, headers) => [data, date.getTime(), [...headers].length],
  };
  const mf = create(t, {
    // Each act is told by a script of its own, so that no binding has to cross once the realm is broken.
    script: SCRIPT.replace("WAY", descriptor)
      .replace(
        "env.NEXT",
        `request.method === "PUT" ? { path: ${JSON.stringify(path)}, act: "break" } : { act: ACT_OF(request) }`,
      )
      .replace(
        "const ACTS",
        `const ACT_OF = ({ url }) => { let name = ""; for (let i = 17; i < url.length && url[i] !== "?"; i++) name += url[i]; return name; };\nconst ACTS`,
      ),
    bindings: { ask: bindings.ask },
    kvNamespaces: ["KV"],
    durableObjects: { BOX: "Box" },
    cpuLimitMs: 2000,
  });
  const send = (act, init) => settled(mf.dispatchFetch(`http://localhost/${act}?query`, init));
  const hung = [];
  if (!(await send("", { method: "PUT" }))) hung.push("break");
  for (const act of ACTS) {
    const init = { method: "POST", headers: { "x-echo": "echo" }, body: JSON.stringify({ act }) };
    const ended = await send(act, init);
    if (!ended) hung.push(act);
    counts.total++;
    if (ended === "answer" || act === "error") counts.answered++;
    else (counts.failed[`${path.join(".")} ${way}`] ??= []).push(act);
  }
  await mf.dispose();
  return hung.map((act) => `${path.join(".")} ${way}: ${act}`);
}

const counts = { total: 0, answered: 0, failed: {} };

/** Whether a request ends, and its body too, before the deadline. */
async function settled(answer) {
  let timer;
  const late = new Promise((resolve) => (timer = setTimeout(resolve, DEADLINE, false)));
  const ends = answer.then(async (response) => {
    await response.arrayBuffer();
    return "answer";
  });
  try {
    return await Promise.race([ends.catch(() => "error"), late]);
  } finally {
    clearTimeout(timer);
  }
}

import { writeFileSync as dumpCounts } from "node:fs";
import { after as later } from "node:test";
later(() => dumpCounts("/tmp/counts.json", JSON.stringify(counts, null, 1)));
describe("a worker that breaks", () => {
  const quiet = (t) => {
    t.mock.method(console, "log", () => {});
    // What its broken code rejects is its own.
    const ignore = () => {};
    process.on("unhandledRejection", ignore);
    t.after(() => process.off("unhandledRejection", ignore));
  };

  for (const names of [...STANDARD.map((name) => [name]), WEB, FUNCTIONS]) {
    test(`${names.join(", ")} answers`, async (t) => {
      quiet(t);
      const script = `export default { fetch: () => Response.json((() => { ${LIST.replace("NAMES", JSON.stringify(names))} })()) }`;
      const paths = (await json(create(t, { script }))).filter(
        ([root]) => names.includes(root) || names[0] === "Iterator",
      );
      assert.ok(paths.length > 0);
      const hung = [];
      for (const path of paths) {
        for (const [way, descriptor] of Object.entries(WAYS)) hung.push(...(await hanging(t, path, way, descriptor)));
      }
      assert.deepEqual(hung, []);
    });
  }

  test("what all objects inherit answers", async (t) => {
    quiet(t);
    const hung = [];
    for (const name of INHERITED) {
      for (const [way, descriptor] of Object.entries(INHERITED_WAYS)) {
        hung.push(...(await hanging(t, ["Object", "prototype", name], way, descriptor)));
      }
    }
    assert.deepEqual(hung, []);
  });
});
