// Tags: oracle, every-node
// Transactions of an object's storage: all or nothing, run again when others wrote what they had read.

import { describe } from "node:test";
import assert from "node:assert/strict";
import { withObject } from "../support/durable-objects.mjs";
import { json, rejection, URL_ROOT } from "../support/dispatch.mjs";
import { differs } from "../support/miniflare.mjs";
import { test } from "../support/test.mjs";

const run = (t, body) => json(withObject(t, body));

describe("a transaction", () => {
  test("resolves with what its closure returns, and writes everything", async (t) => {
    const body = `
      await storage.put({ a: 1, b: 2 });
      const result = await storage.transaction(async (txn) => {
        await txn.put("c", 3);
        await txn.delete("a");
        return [await txn.get("a") ?? null, await txn.get("b"), [...(await txn.list()).keys()], await storage.get("c") ?? null];
      });
      return [result, [...await storage.list()]];`;
    const after = [
      ["b", 2],
      ["c", 3],
    ];
    assert.deepEqual(await run(t, body), [[null, 2, ["b", "c"], null], after]);
  });

  test("needs no awaiting of its calls", async (t) => {
    const body = `
      await storage.transaction(async (txn) => { txn.put("a", 1); txn.put({ b: 2, c: 3 }); txn.delete(["b"]); });
      return [...await storage.list()];`;
    assert.deepEqual(await run(t, body), [
      ["a", 1],
      ["c", 3],
    ]);
  });

  test("runs again when another has written what it read", async (t) => {
    const body = `
      let runs = 0;
      const count = () => storage.transaction(async (txn) => {
        runs++;
        const value = (await txn.get("n")) ?? 0;
        await scheduler.wait(1);
        await txn.put("n", value + 1);
        return value;
      });
      const values = await Promise.all([count(), count(), count()]);
      return [values.sort(), await storage.get("n"), runs > 3];`;
    assert.deepEqual(await run(t, body), [[0, 1, 2], 3, true]);
  });

  test("runs once when others write elsewhere", async (t) => {
    const body = `
      let runs = 0;
      const [result] = await Promise.all([
        storage.transaction(async (txn) => { runs++; await txn.get("mine"); await scheduler.wait(1); return "done"; }),
        storage.put("other", 1),
      ]);
      return [result, runs];`;
    assert.deepEqual(await run(t, body), ["done", 1]);
  });

  test("that throws writes nothing", async (t) => {
    const mf = withObject(
      t,
      `
      if (await storage.get("tried")) return [...(await storage.list()).keys()];
      await storage.put("tried", true);
      await storage.transaction(async (txn) => { await txn.put("lost", 1); throw new RangeError("given up"); });`,
    );
    assert.equal((await rejection(mf.dispatchFetch(URL_ROOT))).message, "given up");
    assert.deepEqual(await json(mf), ["tried"]);
  });

  test("that is rolled back writes nothing, and takes no more calls", async (t) => {
    const body = `
      const seen = [];
      const result = await storage.transaction(async (txn) => {
        await txn.put("lost", 1);
        txn.rollback();
        txn.rollback();
        for (const method of ["get", "put", "delete", "list"]) {
          try { await txn[method]("key", 1); } catch ({ message }) { seen.push(message); }
        }
        return "rolled back";
      });
      return [result, seen, [...await storage.list()]];`;
    const refusals = ["get", "put", "delete", "list"].map((name) => `Cannot ${name}() on rolled back transaction`);
    assert.deepEqual(await run(t, body), ["rolled back", refusals, []]);
  });

  test(
    "throws at once for a missing key, and rejects for what is too large",
    differs("the request fails too"),
    async (t) => {
      const body = `
      const thrown = (act) => { try { act()?.catch(() => {}); return null; } catch ({ name, message }) { return name + ": " + message; } };
      const rejected = async (act) => { try { await act(); return null; } catch ({ name, message }) { return name + ": " + message; } };
      return storage.transaction(async (txn) => [
        ["get", "put", "delete"].map((method) => thrown(() => txn[method]())),
        [() => txn.put("k".repeat(3000), 1), () => txn.get(Array(129).fill("k")), () => txn.list({ limit: 0 })].map(thrown),
        await rejected(() => txn.put("k".repeat(3000), 1)), await rejected(() => txn.delete(Array(129).fill("k"))),
        await rejected(() => txn.put("u", undefined)), await rejected(() => txn.list({ limit: 0 })),
      ]);`;
      const missing = (method) =>
        `TypeError: Failed to execute '${method}' on 'DurableObjectTransaction': parameter 1 is not of type 'variant'. (key is undefined)`;
      assert.deepEqual(await run(t, body), [
        ["get", "put", "delete"].map(missing),
        [null, null, null],
        "RangeError: Keys cannot be larger than 2048 bytes.",
        "RangeError: Maximum number of keys is 128.",
        "TypeError: put() called with undefined value.",
        "TypeError: List limit must be positive.",
      ]);
    },
  );

  test("may have another within it", differs("it never ends"), async (t) => {
    const body = `
      const seen = await storage.transaction(async (outer) => {
        await outer.put("x", 1);
        return storage.transaction(async (inner) => {
          await inner.put("y", 2);
          return [await inner.get("x") ?? null, await outer.get("z") ?? null];
        });
      });
      return [seen, [...(await storage.list()).keys()]];`;
    assert.deepEqual(await run(t, body), [
      [null, null],
      ["x", "y"],
    ]);
  });

  test("takes no calls once it is over", async (t) => {
    const body = `
      let outside;
      await storage.transaction(async (txn) => { outside = txn; });
      const caught = (act) => { try { act(); return null; } catch ({ message }) { return message; } };
      return [caught(() => outside.get("key")), caught(() => outside.rollback())];`;
    const late = (name) =>
      `Cannot call ${name}() on transaction that has already committed: did you move \`txn\` outside of the closure?`;
    assert.deepEqual(await run(t, body), [late("get"), late("rollback")]);
  });

  test(
    "cannot delete everything, nor write more than 128 keys",
    differs("a caught error still fails the request"),
    async (t) => {
      const body = `
      const caught = async (act) => { try { await act(); return null; } catch ({ message }) { return message; } };
      return [
        await caught(() => storage.transaction(async (txn) => txn.deleteAll())),
        await caught(() => storage.transaction(async (txn) => {
          for (let i = 0; i < 129; i++) await txn.put("k" + i, i);
        })),
        (await storage.list()).size,
      ];`;
      assert.deepEqual(await run(t, body), [
        "Cannot call deleteAll() within a transaction",
        "Maximum number of keys modified in a transaction is 128.",
        0,
      ]);
    },
  );

  test(
    "does not store the key that was refused, and goes on with the others",
    differs("a caught error still fails the request"),
    async (t) => {
      const body = `
      const refused = [];
      await storage.transaction(async (txn) => {
        for (let i = 0; i < 127; i++) await txn.put("k" + i, i);
        for (const add of [() => txn.put("one more", 1), () => txn.put("too many", 1), () => txn.delete("too many"),
          () => txn.put({ "too many": 1, k0: "not either" }), () => txn.put("k1", "again")]) {
          try { await add(); refused.push(false); } catch { refused.push(true); }
        }
        refused.push(await txn.get("too many") ?? null);
      });
      return [refused, (await storage.list()).size, await storage.get("too many") ?? null, await storage.get("k0"),
        await storage.get("k1")];`;
      const refused = [false, true, true, true, false, null];
      assert.deepEqual(await run(t, body), [refused, 128, null, 0, "again"]);
    },
  );
});
