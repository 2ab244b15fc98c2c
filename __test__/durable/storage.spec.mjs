// Tags: oracle, every-node
// The storage of Durable Objects, in memory: values, keys, order, limits, and what outlives the object.

import { describe } from "node:test";
import assert from "node:assert/strict";
import { withObject } from "../support/durable-objects.mjs";
import { CAUGHT, json } from "../support/dispatch.mjs";
import { test } from "../support/test.mjs";

describe("an object's storage", () => {
  test("puts, gets and deletes single keys", async (t) => {
    assert.deepEqual(
      await json(
        withObject(
          t,
          `
      await storage.put("a", { list: [1] });
      const first = await storage.get("a");
      first.list.push("not stored");
      await storage.put("null", null);
      return [await storage.get("a"), await storage.get("null"), typeof await storage.get("missing"),
        await storage.delete("a"), await storage.delete("a"), typeof await storage.get("a")];`,
        ),
      ),
      [{ list: [1] }, null, "undefined", true, false, "undefined"],
    );
  });

  test("puts, gets and deletes many keys", async (t) => {
    assert.deepEqual(
      await json(
        withObject(
          t,
          `
      await storage.put({ b: 2, a: 1, c: 3 });
      const got = await storage.get(["c", "a", "missing"]);
      return [got instanceof Map, [...got], await storage.delete(["a", "b", "missing"]), [...await storage.list()]];`,
        ),
      ),
      [
        true,
        [
          ["a", 1],
          ["c", 3],
        ],
        2,
        [["c", 3]],
      ],
    );
  });

  test("lists in order, within bounds", async (t) => {
    assert.deepEqual(
      await json(
        withObject(
          t,
          `
      await storage.put({ a1: 1, a2: 2, b1: 3, "\\u00e9": 4, "\\u{1f44b}": 5, "\\uffff": 6 });
      const keys = async (options) => [...(await storage.list(options)).keys()];
      return [await keys(), await keys({ prefix: "a" }), await keys({ start: "a2", end: "\\u00e9" }),
        await keys({ reverse: true, limit: 2 }), await keys({ startAfter: "a1", limit: 1 })];`,
        ),
      ),
      [
        ["a1", "a2", "b1", "\u00e9", "\uffff", "\u{1f44b}"],
        ["a1", "a2"],
        ["a2", "b1"],
        ["\u{1f44b}", "\uffff"],
        ["a2"],
      ],
    );
  });

  test("keeps what structured clone can carry", async (t) => {
    assert.deepEqual(
      await json(
        withObject(
          t,
          `
      const dates = new Map([[1, new Date(5)]]);
      await storage.put("v", { map: dates, bytes: new Uint8Array([1, 2]), big: 2n ** 70n, re: /x/g });
      const { map, bytes, big, re } = await storage.get("v");
      const kinds = [map instanceof Map, bytes instanceof Uint8Array];
      return [kinds, map.get(1).getTime(), [...bytes], String(big), re.flags];`,
        ),
      ),
      [[true, true], 5, [1, 2], "1180591620717411303424", "g"],
    );
  });

  test("refuses what cannot be kept", async (t) => {
    const seen = await json(
      withObject(
        t,
        `${CAUGHT}
      return [await caught(() => storage.put("k".repeat(2049), 1)),
        await caught(() => storage.put("big", new Uint8Array(131105))),
        await caught(() => storage.put("u", undefined)), await caught(() => storage.get(Array(129).fill("k"))),
        await caught(() => storage.list({ limit: 0 })), (await caught(() => storage.put("f", () => {})))[1]];`,
      ),
    );
    assert.deepEqual(seen, [
      ["RangeError", "Keys cannot be larger than 2048 bytes."],
      ["RangeError", "Values cannot be larger than 131072 bytes."],
      ["TypeError", "put() called with undefined value."],
      ["RangeError", "Maximum number of keys is 128."],
      ["TypeError", "List limit must be positive."],
      "() => {} could not be cloned.",
    ]);
  });

  test("survives a reload while the object does not", async (t) => {
    const mf = withObject(
      t,
      `
      this.seen = (this.seen ?? 0) + 1;
      await storage.put("total", (await storage.get("total") ?? 0) + 1);
      return [this.seen, await storage.get("total")];`,
    );
    assert.deepEqual(
      [await json(mf), await json(mf)],
      [
        [1, 1],
        [2, 2],
      ],
    );
    await mf.reload();
    assert.deepEqual(await json(mf), [1, 3]);
  });

  test("lets concurrent requests to one object count without losing any", async (t) => {
    const mf = withObject(
      t,
      `const value = await storage.get("n") ?? 0; await storage.put("n", value + 1); return value;`,
    );
    const seen = await Promise.all(Array.from({ length: 10 }, () => json(mf)));
    assert.deepEqual(
      seen.sort((a, b) => a - b),
      [0, 1, 2, 3, 4, 5, 6, 7, 8, 9],
    );
  });
});
