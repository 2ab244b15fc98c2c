// Tags: oracle, every-node
// Data in `bindings`: everything structured clone can carry arrives as a value of the worker's own realm.

import { describe } from "node:test";
import assert from "node:assert/strict";
import { create, differs } from "../support/miniflare.mjs";
import { deepEqualOutside, evaluate, json, text } from "../support/dispatch.mjs";
import { test } from "../support/test.mjs";

const check = (t, value, expression, options = {}) =>
  evaluate(t, `const value = env.VALUE; return ${expression};`, { bindings: { VALUE: value }, ...options });

describe("data bindings", () => {
  const primitives = {
    "an empty string": ["", `value === ""`],
    "text beyond the BMP": ["grüße 👋", `value === "grüße \\u{1f44b}"`],
    "a lone surrogate": ["a\ud800b", `value === "a\\ud800b" && value.length === 3`],
    "a NUL": ["a\0b", `value === "a\\0b"`],
    "minus zero": [-0, "Object.is(value, -0)"],
    NaN: [Number.NaN, "Number.isNaN(value)"],
    Infinity: [Number.POSITIVE_INFINITY, "value === Infinity"],
    "the largest safe integer": [Number.MAX_SAFE_INTEGER, "value === 9007199254740991"],
    "a large BigInt": [-(2n ** 100n), "value === -(2n ** 100n)"],
    true: [true, "value === true"],
    null: [null, "value === null"],
    undefined: [undefined, `value === undefined && "VALUE" in env`],
  };
  for (const [name, [value, expression]] of Object.entries(primitives)) {
    test(`carry ${name}`, async (t) => assert.equal(await check(t, value, expression), true));
  }

  const cyclic = { name: "cycle" };
  cyclic.self = cyclic;
  const shared = { shared: true };
  const objects = {
    "an object": [
      { a: 1, b: { c: [null, "d"] } },
      `value instanceof Object && JSON.stringify(value) ===
      '{"a":1,"b":{"c":[null,"d"]}}'`,
    ],
    "the order of keys": [{ z: 1, a: 2, 1: 3 }, `Object.keys(value).join() === "1,z,a"`],
    "an array with holes": [[1, , 3], "Array.isArray(value) && value.length === 3 && !(1 in value)"],
    "an array with a hole and a property": [
      Object.assign([, 1], { x: 2 }),
      "value.length === 2 && !(0 in value) && value[1] === 1 && value.x === 2",
    ],
    "a property named __proto__": [
      JSON.parse('{"__proto__":{"a":1}}'),
      `Object.hasOwn(value, "__proto__") && value.a === undefined`,
    ],
    "a property that is undefined": [{ a: undefined, b: [undefined] }, `"a" in value && 0 in value.b`],
    "a thousand objects, each in the next": [
      Array.from({ length: 1000 }).reduce((inner) => ({ inner }), { end: true }),
      "(() => { let one = value, n = 0; while (!one.end) one = one.inner, n++; return n === 1000; })()",
    ],
    "a Date": [new Date(86_400_000), "value instanceof Date && value.getTime() === 86400000"],
    "an invalid Date": [new Date(Number.NaN), "value instanceof Date && Number.isNaN(value.getTime())"],
    "a RegExp": [/a+b/giu, `value instanceof RegExp && value.source === "a+b" && value.flags === "giu"`],
    "a Map": [
      new Map([
        ["a", 1],
        [{ k: 1 }, new Map()],
      ]),
      `value instanceof Map && value.get("a") === 1 &&
      [...value.keys()][1].k === 1 && [...value.values()][1] instanceof Map`,
    ],
    "a Set": [new Set([1, "a", null]), `value instanceof Set && [...value].length === 3 && value.has(null)`],
    "boxed primitives": [
      [new Number(1), new String("s"), new Boolean(false)],
      `value.map((v) => typeof v + v.valueOf()).join() === "object1,objects,objectfalse"`,
    ],
    "an ArrayBuffer": [
      Uint8Array.of(1, 2, 3).buffer,
      `value instanceof ArrayBuffer &&
      new Uint8Array(value).join() === "1,2,3"`,
    ],
    "a DataView": [
      new DataView(Uint8Array.of(0, 1, 2).buffer, 1, 2),
      `value instanceof DataView &&
      value.byteLength === 2 && value.getUint16(0) === 258`,
    ],
    "a cycle": [cyclic, `value.self === value && value.self.self.name === "cycle"`],
    "an object met twice": [[shared, shared], "value[0] === value[1]"],
    "an error": [
      new RangeError("told", { cause: "why" }),
      `value instanceof RangeError && value instanceof Error &&
      value.name === "RangeError" && value.message === "told" && value.cause === "why"`,
    ],
    "an object without prototype": [Object.assign(Object.create(null), { a: 1 }), "value.a === 1"],
    "ten thousand keys": [
      Object.fromEntries(Array.from({ length: 10_000 }, (_, i) => [`k${i}`, i])),
      "Object.keys(value).length === 10000 && value.k9999 === 9999",
    ],
  };
  for (const [name, [value, expression]] of Object.entries(objects)) {
    test(`carry ${name}`, async (t) => assert.equal(await check(t, value, expression), true));
  }

  const views = [
    Int8Array,
    Uint8Array,
    Uint8ClampedArray,
    Int16Array,
    Uint16Array,
    Int32Array,
    Uint32Array,
    Float32Array,
    Float64Array,
    BigInt64Array,
    BigUint64Array,
  ];
  for (const View of views) {
    test(`carry a ${View.name}`, async (t) => {
      const one = View.name.startsWith("Big") ? 1n : 1;
      const is = `value instanceof ${View.name} && value.length === 2 && String(value) === "1,0"`;
      assert.equal(await check(t, View.of(one, one - one), is), true);
    });
  }

  test("carry Node's Buffer as a Uint8Array", async (t) => {
    assert.equal(
      await check(
        t,
        Buffer.from("buffer"),
        `value instanceof Uint8Array && value.length === 6 &&
      new TextDecoder().decode(value) === "buffer"`,
      ),
      true,
    );
  });

  test("carry a part of a buffer as that part", async (t) => {
    const part = new Uint8Array(1000).fill(7).subarray(10, 12);
    assert.equal(await check(t, part, `value.join() === "7,7"`), true);
  });
});

describe("data bindings in the worker's realm", () => {
  const REALM = "they stay objects of Node's realm";

  test("have the worker's constructors and prototypes", differs(REALM), async (t) => {
    const VALUE = { object: {}, array: [], error: new TypeError("t"), regexp: /r/, buffer: new ArrayBuffer(1) };
    assert.equal(
      await check(
        t,
        VALUE,
        `value.object.constructor === Object &&
      Object.getPrototypeOf(value.object) === Object.prototype && value.array.constructor === Array &&
      value.error.constructor === TypeError && value.regexp.constructor === RegExp &&
      value.buffer.constructor === ArrayBuffer`,
      ),
      true,
    );
  });

  test("are instances of what the documentation says they are", async (t) => {
    const bindings = { OBJECT: { a: 1 }, ARRAY: new Uint8Array([1, 2, 3]) };
    assert.deepEqual(
      await evaluate(
        t,
        `return [
      { a: 1 } instanceof Object,
      new Uint8Array([1, 2, 3]) instanceof Object,
      { a: 1 }.constructor === Object,
      Object.getPrototypeOf({ a: 1 }) === Object.prototype,
      env.OBJECT instanceof Object,
      env.ARRAY instanceof Object,
    ];`,
        { bindings },
      ),
      [true, true, true, true, true, true],
    );
  });

  test("are copies: neither side sees the other's changes", differs("both sides hold one object"), async (t) => {
    const VALUE = { list: [1], bytes: Uint8Array.of(1) };
    const mf = create(t, {
      bindings: { VALUE },
      script: `export default {
      fetch(request, { VALUE }) {
        VALUE.list.push(VALUE.list.length + 1);
        VALUE.bytes[0] += 1;
        return Response.json([VALUE.list, VALUE.bytes[0]]);
      }
    }`,
    });
    assert.deepEqual(await json(mf), [[1, 2], 2]);
    assert.deepEqual(VALUE, { list: [1], bytes: Uint8Array.of(1) });
    VALUE.list.push("outside");
    assert.deepEqual(await json(mf), [[1, 2, 3], 3]);
  });

  test("are fresh after a reload", differs("both sides hold one object"), async (t) => {
    const mf = create(t, {
      bindings: { LIST: [] },
      script: `export default {
      fetch: (request, env) => new Response(String(env.LIST.push("more")))
    }`,
    });
    assert.deepEqual([await text(mf), await text(mf)], ["1", "2"]);
    await mf.reload();
    assert.equal(await text(mf), "1");
  });
});

describe("env", () => {
  test("holds the bindings and nothing else", async (t) => {
    assert.deepEqual(await evaluate(t, "return Object.keys(env);", { bindings: { B: 1, A: 2 } }), ["B", "A"]);
    assert.deepEqual(await evaluate(t, "return Object.keys(env);"), []);
  });

  test("is one object for all requests, and may be changed", async (t) => {
    const mf = create(t, {
      script: `let first; export default {
      fetch(request, env) {
        first ??= env;
        env.COUNT = (env.COUNT ?? 0) + 1;
        return Response.json([env === first, env.COUNT]);
      }
    }`,
    });
    assert.deepEqual(
      [await json(mf), await json(mf)],
      [
        [true, 1],
        [true, 2],
      ],
    );
    deepEqualOutside(Object.entries(await mf.getBindings()), [["COUNT", 2]]);
  });
});

describe("bindings as globals", () => {
  const HINT =
    "KEY is not defined.\nAttempted to access binding using global in modules.\nYou must use the 2nd `env` " +
    "parameter passed to exported handlers/Durable Object constructors, or `context.env` with Pages Functions.";

  test("exist in service workers", async (t) => {
    const mf = create(t, {
      bindings: { TEXT: "text", OBJECT: { a: [1] }, twice: (n) => 2 * n },
      script: `
    const atStart = typeof TEXT + typeof OBJECT + typeof twice;
    addEventListener("fetch", (event) => event.respondWith(
      Response.json([atStart, TEXT, OBJECT, twice(21), globalThis.TEXT, typeof env])));`,
    });
    assert.deepEqual(await json(mf), ["stringobjectfunction", "text", { a: [1] }, 42, "text", "undefined"]);
  });

  for (const use of ["KEY", "typeof KEY", "globalThis.KEY"]) {
    test(`explain themselves in modules: ${use}`, async (t) => {
      const body = `try { return String(${use}); } catch ({ name, message }) { return [name, message]; }`;
      assert.deepEqual(await evaluate(t, body, { bindings: { KEY: 1 } }), ["ReferenceError", HINT]);
    });
  }

  test("that were never bound are plain reference errors", async (t) => {
    const body = `try { return OTHER; } catch ({ name, message }) { return [name, message, typeof OTHER]; }`;
    const seen = await evaluate(t, body, { bindings: { KEY: 1 } });
    assert.deepEqual(seen, ["ReferenceError", "OTHER is not defined", "undefined"]);
  });
});

describe("globals", () => {
  test("exist in modules and in service workers, before the script runs", async (t) => {
    const globals = { DATA: { a: [1] }, double: (n) => 2 * n };
    const module = `const early = DATA.a[0]; export default { fetch: () => Response.json([early, DATA, double(4)]) }`;
    assert.deepEqual(await json(create(t, { globals, script: module })), [1, { a: [1] }, 8]);
    const service = `const early = DATA.a[0];
    addEventListener("fetch", (event) => event.respondWith(Response.json([early, globalThis.DATA, double(4)])));`;
    assert.deepEqual(await json(create(t, { globals, script: service })), [1, { a: [1] }, 8]);
  });

  test("override the runtime's own", async (t) => {
    const globals = { fetch: (input) => `fetched ${input}`, atob: () => "own" };
    assert.deepEqual(await evaluate(t, `return [fetch("x"), atob("eA==")];`, { globals }), ["fetched x", "own"]);
  });
});
