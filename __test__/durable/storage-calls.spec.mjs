// Tags: oracle, every-node
// Calls of an object's storage in all their forms, and those that mean nothing.

import { describe } from "node:test";
import assert from "node:assert/strict";
import { differs } from "../support/miniflare.mjs";
import { withObject } from "../support/durable-objects.mjs";
import { json } from "../support/dispatch.mjs";
import { folder } from "../support/files.mjs";
import { test } from "../support/test.mjs";
import { ADD } from "../support/wasm.mjs";

const CAUGHT = `
  const caught = async (act) => {
    try { await act(); return null; } catch ({ name, message }) { return name + ": " + message; }
  };
  const thrown = (act) => { try { act().catch(() => {}); return null; } catch ({ name }) { return name; } };`;
const run = (t, body) => json(withObject(t, CAUGHT + body));

describe("an object's storage", () => {
  test("leaves out what is undefined among many", async (t) => {
    const body = `
      await storage.put({ a: 1, b: undefined });
      return [[...await storage.list()], [...await storage.get(["a", undefined])], await storage.delete([undefined, "a"])];`;
    assert.deepEqual(await run(t, body), [[["a", 1]], [["a", 1]], 1]);
  });

  test("gives many keys in their order, each once", async (t) => {
    const body = `
      await storage.put({ "\\u{1f44b}": 3, "\\uffff": 2, a: 1 });
      return [...(await storage.get(["\\u{1f44b}", "a", "\\uffff", "a"])).keys()];`;
    assert.deepEqual(await run(t, body), ["a", "\uffff", "\u{1f44b}"]);
  });

  test("forgets everything with deleteAll", async (t) => {
    const body = `
      await storage.put({ a: 1, b: 2 });
      await storage.deleteAll();
      await storage.sync();
      return [...await storage.list()];`;
    assert.deepEqual(await run(t, body), []);
  });

  test("does in order what is not awaited", differs("a read may see a later write"), async (t) => {
    const body = `
      const results = [storage.put("a", 1), storage.get("a"), storage.delete("a"), storage.get("a"), storage.put("a", 2)];
      return [(await Promise.all(results)).map((value) => value ?? null), await storage.get("a")];`;
    assert.deepEqual(await run(t, body), [[null, 1, true, null, null], 2]);
  });

  test("keeps a value as it was when it was put", async (t) => {
    const body = `
      const value = { count: 1 };
      const done = storage.put("value", value);
      value.count = 2;
      await done;
      return (await storage.get("value")).count;`;
    assert.equal(await run(t, body), 1);
  });

  test("keeps errors, cycles, and the data of class instances", async (t) => {
    const body = `
      class Point { constructor(x) { this.x = x; } }
      const cycle = {};
      cycle.self = cycle;
      await storage.put({ error: new RangeError("kept"), cycle, point: new Point(1), holes: [1, , 3] });
      const { error, cycle: got, point, holes } = Object.fromEntries(await storage.list());
      return [error instanceof RangeError, error.message, got.self === got, point instanceof Point, point.x, 1 in holes];`;
    assert.deepEqual(await run(t, body), [true, "kept", true, false, 1, false]);
  });

  test("takes the empty string for a key", async (t) => {
    assert.deepEqual(await run(t, `await storage.put("", 1); return [...await storage.list({ prefix: "" })];`), [
      ["", 1],
    ]);
  });

  test("runs getters while it puts, even those that use it", async (t) => {
    const body = `
      const value = { get seen() { storage.put("inner", 1); return "getter"; } };
      await storage.put("outer", value);
      return [await storage.get("outer"), await storage.get("inner")];`;
    assert.deepEqual(await run(t, body), [{ seen: "getter" }, 1]);
  });

  test("lists between bounds that leave nothing", async (t) => {
    const body = `
      await storage.put({ a: 1, b: 2 });
      const sizes = [{ start: "b", end: "a" }, { startAfter: "a", end: "b" }, { prefix: "a", start: "b" }, { prefix: "c" }];
      return Promise.all(sizes.map(async (options) => (await storage.list(options)).size));`;
    assert.deepEqual(await run(t, body), [0, 0, 0, 0]);
  });

  test("leaves startAfter out in either direction", differs("not when it lists in reverse"), async (t) => {
    const body = `
      await storage.put({ a: 1, b: 2, c: 3 });
      const keys = async (options) => [...(await storage.list(options)).keys()];
      return [await keys({ startAfter: "b" }), await keys({ startAfter: "b", reverse: true })];`;
    assert.deepEqual(await run(t, body), [["c"], ["c"]]);
  });
});

describe("calls that are not awaited", () => {
  test("delete what is there in their order", async (t) => {
    const body = `
      const calls = [storage.delete("a"), storage.put("a", 1), storage.delete("a"), storage.delete("a"), storage.put("a", 2)];
      const results = (await Promise.all(calls)).map((result) => result ?? null);
      return [results, await storage.get("a"), await storage.delete(["a", "b", "a"])];`;
    assert.deepEqual(await run(t, body), [[false, null, true, false, null], 2, 1]);
  });

  test("delete everything that was put before", async (t) => {
    const body = `
      storage.put("a", 1);
      storage.deleteAll();
      storage.put("b", 2);
      await storage.sync();
      return [...(await storage.list()).keys()];`;
    assert.deepEqual(await run(t, body), ["b"]);
  });
});

describe("options of a call", () => {
  test("may be frozen, and are left as they are", async (t) => {
    const body = `
      await storage.put({ a: 1, ab: 2, b: 3 });
      return [...await storage.list(Object.freeze({ prefix: "a", startAfter: "a", limit: 1 }))];`;
    assert.deepEqual(await run(t, body), [["ab", 2]]);
  });

  test("of caches and gates change no result", async (t) => {
    const body = `
      const options = { allowConcurrency: true, allowUnconfirmed: true, noCache: true };
      await storage.put("a", 1, options);
      await storage.put({ b: 2 }, options);
      const found = [await storage.get("a", options), [...await storage.get(["a", "b"], options)], [...await storage.list(options)]];
      return [...found, await storage.delete("a", options), await storage.delete(["b"], options), await storage.deleteAll(options) ?? null];`;
    const both = [
      ["a", 1],
      ["b", 2],
    ];
    assert.deepEqual(await run(t, body), [1, both, both, true, 1, null]);
  });

  test("limit by numbers of any kind", async (t) => {
    const body = `
      await storage.put({ a: 1, b: 2, c: 3 });
      const sizes = [Infinity, 1.5, 2 ** 40, undefined].map(async (limit) => (await storage.list({ limit })).size);
      return Promise.all(sizes);`;
    assert.deepEqual(await run(t, body), [3, 1, 3, 3]);
  });
});

describe("a call of storage", () => {
  const missing = (method) =>
    `TypeError: Failed to execute '${method}' on 'DurableObjectStorage': parameter 1 is not of type 'variant'. (key is undefined)`;

  test("needs a key", async (t) => {
    const body = `return [await caught(() => storage.get()), await caught(() => storage.put()), await caught(() => storage.delete())];`;
    assert.deepEqual(await run(t, body), ["get", "put", "delete"].map(missing));
  });

  test("throws at once for a wrong put or delete, and rejects for a wrong get or list", async (t) => {
    const body = `return [thrown(() => storage.put("k".repeat(3000), 1)), thrown(() => storage.delete(Array(129).fill("k"))),
      thrown(() => storage.get("k".repeat(3000))), thrown(() => storage.list({ limit: -1 }))];`;
    assert.deepEqual(await run(t, body), ["RangeError", "RangeError", null, null]);
  });

  test("names the key that is wrong among many", async (t) => {
    const body = `
      const key = "k".repeat(2049);
      return [await caught(() => storage.put({ [key]: 1 })), await caught(() => storage.get([key])),
        await caught(() => storage.put({ big: new Uint8Array(131105) }))].map((text) => text.replace(key, "KEY"));`;
    const large = `RangeError: Key "KEY" is larger than the limit of 2048 bytes.`;
    const big = `RangeError: Value for key "big" is above the limit of 131072 bytes.`;
    assert.deepEqual(await run(t, body), [large, large, big]);
  });

  test("puts 128 KiB and 128 pairs, and nothing of what is more", async (t) => {
    const body = `
      await storage.put("most", new Uint8Array(131072));
      const pairs = (count) => Object.fromEntries(Array.from({ length: count }, (_, index) => ["k" + index, index]));
      await storage.put(pairs(128));
      return [await caught(() => storage.put(pairs(129))), await caught(() => storage.put({ new: 1, bad: () => {} })),
        (await storage.list()).size, (await storage.list({ prefix: "k", limit: 500 })).size];`;
    const tooMany = "RangeError: Maximum number of pairs is 128.";
    assert.deepEqual(await run(t, body), [tooMany, "Error: () => {} could not be cloned.", 129, 128]);
  });

  test("lists from start or startAfter, not both", async (t) => {
    const both = "TypeError: list() cannot be called with both start and startAfter values.";
    assert.equal(await run(t, `return caught(() => storage.list({ start: "a", startAfter: "a" }));`), both);
  });

  test("with neither keys nor entries says what it takes", differs("some are ignored"), async (t) => {
    const body = `return [await caught(() => storage.get(1)), await caught(() => storage.delete([{}])),
      await caught(() => storage.put(1, 2)), await caught(() => storage.put(null, 2)),
      await caught(() => storage.list({ start: 5 }))];`;
    assert.deepEqual(await run(t, body), [
      "TypeError: get() takes a key (a string) or an array of keys, got 1 (number)",
      "TypeError: delete() takes a key (a string) or an array of keys, got an array with something else",
      "TypeError: put() takes a key (a string) and a value, or an object of entries, got 1 (number)",
      "TypeError: put() takes a key (a string) and a value, or an object of entries, got null (object)",
      "TypeError: list() takes start as a key (a string), got 5 (number)",
    ]);
  });

  test("refuses what only lives in memory", differs("its words are others"), async (t) => {
    const body = `
      const values = [Symbol("s"), { module: env.MODULE }, [new SharedArrayBuffer(8)], crypto.subtle.generateKey, new WeakMap()];
      const refusals = await Promise.all(values.map((value) => caught(() => storage.put("key", value))));
      return [refusals.map((text) => /could not be cloned\\.$/.test(text) || text), (await storage.list()).size];`;
    const options = { rootPath: folder(t, { "add.wasm": ADD }), wasmBindings: { MODULE: "add.wasm" } };
    assert.deepEqual(await json(withObject(t, CAUGHT + body, options)), [Array(5).fill(true), 0]);
  });
});
