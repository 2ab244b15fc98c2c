// Tags: oracle, every-node
// What an object's storage takes for keys and values, and what it refuses.

import { describe } from "node:test";
import assert from "node:assert/strict";
import { differs } from "../support/miniflare.mjs";
import { withObject } from "../support/durable-objects.mjs";
import { json } from "../support/dispatch.mjs";
import { test } from "../support/test.mjs";

/** Objects that are not data, by their class. */
const NO_DATA = {
  Response: "new Response()",
  Request: `new Request("http://localhost/")`,
  Headers: "new Headers({ a: 'b' })",
  FormData: "new FormData()",
  Blob: `new Blob(["text"])`,
  File: `new File([], "name")`,
  URL: `new URL("http://localhost/")`,
  URLSearchParams: "new URLSearchParams()",
  ReadableStream: "new ReadableStream()",
  WritableStream: "new WritableStream()",
  TransformStream: "new TransformStream()",
  AbortSignal: "new AbortController().signal",
  Event: `new Event("name")`,
  TextEncoder: "new TextEncoder()",
  CryptoKey: `await crypto.subtle.generateKey({ name: "AES-GCM", length: 128 }, true, ["encrypt"])`,
  KvNamespace: "env.KV",
  DurableObjectNamespace: "env.BOX",
  DurableObject: "env.BOX.get(state.id)",
  DurableObjectId: `env.BOX.idFromName("a")`,
  Promise: "Promise.resolve()",
  WeakMap: "new WeakMap()",
  Own: "new (class Own extends Response {})()",
};
const options = { kvNamespaces: ["KV"] };

describe("storage refuses", () => {
  for (const [name, value] of Object.entries(NO_DATA)) {
    test(`a ${name}, wherever it is`, differs("it stores an empty object"), async (t) => {
      const body = `
        const value = ${value};
        const outcomes = [];
        const puts = [
          () => storage.put("key", value),
          () => storage.put("key", [1, { value }]),
          () => storage.put("key", new Map([["key", value]])),
          () => storage.put({ good: 1, key: value }),
          () => storage.transaction((txn) => txn.put("key", value)),
        ];
        for (const put of puts) {
          try {
            await put();
            outcomes.push("stored");
          } catch (error) {
            outcomes.push([error instanceof DOMException, error.name, error.message]);
          }
        }
        return [outcomes, (await storage.list()).size];`;
      const refusal = [true, "DataCloneError", `#<${name}> could not be cloned.`];
      assert.deepEqual(await json(withObject(t, body, options)), [Array(5).fill(refusal), 0]);
    });
  }

  test("keys with lone surrogates, which would be one key", differs("they become one"), async (t) => {
    const body = `
      const keys = ["\\ud800", "\\udc00", "a\\ud83d", "\\ude00b"];
      const calls = [
        (key) => storage.put(key, 1), (key) => storage.put({ [key]: 1 }), (key) => storage.get(key),
        (key) => storage.get([key, "other"]), (key) => storage.delete(key), (key) => storage.delete([key]),
        (key) => storage.list({ prefix: key }), (key) => storage.list({ start: key }), (key) => storage.list({ end: key }),
        (key) => storage.transaction((txn) => txn.put(key, 1)),
      ];
      const names = new Set();
      for (const key of keys) {
        for (const call of calls) {
          try { await call(key); names.add("taken"); } catch ({ name, message }) { names.add(name + /lone surrogate/.test(message)); }
        }
      }
      await storage.put("\\ud83d\\ude00", "whole");
      return [[...names], [...await storage.list()]];`;
    assert.deepEqual(await json(withObject(t, body)), [["TypeErrortrue"], [["😀", "whole"]]]);
  });
});

describe("storage keeps", () => {
  test("data of every kind as it was", async (t) => {
    const body = `
      class Own { constructor() { this.a = 1; } }
      const values = [{ a: [1, { b: null }] }, new Map([[1, new Set([2])]]), new Date(5), /a/g, new Uint8Array([1]),
        new ArrayBuffer(2), 10n, new Error("text"), new Own(), Object.create({ inherited: 1 })];
      const shown = (value) => Object.prototype.toString.call(value);
      const same = [];
      for (const value of values) {
        await storage.put("key", value);
        const read = await storage.get("key");
        same.push(shown(read) === shown(value) && Object.keys(read).join() === Object.keys(value).join());
      }
      return same;`;
    assert.deepEqual(await json(withObject(t, body)), Array(10).fill(true));
  });
});
