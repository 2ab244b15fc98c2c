// Tags: oracle, every-node
// Functions across the two heaps: called synchronously, with values and callbacks, with their identity kept.

import { describe } from "node:test";
import assert from "node:assert/strict";
import { create } from "../support/miniflare.mjs";
import { deepEqualOutside, evaluate, text } from "../support/dispatch.mjs";
import { test } from "../support/test.mjs";

const withBindings = (t, bindings, body) => evaluate(t, body, { bindings });

describe("a function in bindings", () => {
  test("is called synchronously with values and returns values", async (t) => {
    const calls = [];
    const record = (...args) => calls.push(args);
    const seen = await withBindings(
      t,
      { record },
      `
      const lengths = [env.record("a", 1, null, undefined), env.record({ list: [1, { deep: true }] })];
      return [...lengths, typeof env.record, env.record instanceof Function];`,
    );
    assert.deepEqual(seen, [1, 2, "function", true]);
    deepEqualOutside(calls, [["a", 1, null, undefined], [{ list: [1, { deep: true }] }]]);
  });

  test("gets and gives every kind of data", async (t) => {
    let got;
    const swap = (value) => {
      got = value;
      return { map: new Map([["k", new Date(5)]]), bytes: Uint8Array.of(4, 5), big: 7n };
    };
    const seen = await withBindings(
      t,
      { swap },
      `
      const back = env.swap({ set: new Set([1]), date: new Date(9), bytes: new Float32Array([1.5]), big: 2n ** 70n });
      return [back.map instanceof Map, back.map.get("k").getTime(), back.bytes instanceof Uint8Array, back.bytes[1],
        back.big === 7n];`,
    );
    assert.deepEqual(seen, [true, 5, true, 5, true]);
    assert.ok(got.set instanceof Set && got.set.has(1));
    assert.equal(got.date.getTime(), 9);
    assert.ok(got.bytes instanceof Float32Array && got.bytes[0] === 1.5);
    assert.equal(got.big, 2n ** 70n);
  });

  test("has a name, a length, and properties", async (t) => {
    function named(a, b) {
      return a + b;
    }
    named.version = "1.0";
    assert.deepEqual(
      await withBindings(
        t,
        { named },
        `
      return [env.named.name, env.named.length, env.named.version, env.named(1, 2)];`,
      ),
      ["named", 2, "1.0", 3],
    );
  });

  test("can be called with call, apply, bind and spread", async (t) => {
    const join = (...parts) => parts.join("-");
    assert.deepEqual(
      await withBindings(
        t,
        { join },
        `
      return [env.join.call(null, 1, 2), env.join.apply(undefined, [3, 4]), env.join.bind(null, 5)(6),
        env.join(...[7, 8]), [9, 10].map((n) => env.join(n))];`,
      ),
      ["1-2", "3-4", "5-6", "7-8", ["9", "10"]],
    );
  });

  test("is the same function every time it crosses", async (t) => {
    const one = () => {};
    const bindings = { one, same: one, other: () => {}, get: () => one };
    assert.deepEqual(
      await withBindings(
        t,
        bindings,
        `
      return [env.one === env.one, env.one === env.same, env.one === env.other, env.get() === env.one];`,
      ),
      [true, true, false, true],
    );
  });

  test("crossing back is the original", async (t) => {
    const original = () => "original";
    let came;
    await withBindings(t, { original, give: (value) => void (came = value) }, "env.give(env.original);");
    assert.equal(came, original);
  });

  test("takes callbacks and calls them synchronously", async (t) => {
    const each = (list, callback) => list.map((item, index) => callback(item, index));
    assert.deepEqual(
      await withBindings(
        t,
        { each },
        `
      const order = [];
      const result = env.each(["a", "b"], (item, index) => { order.push(item); return item + index; });
      order.push("after");
      return [order, result];`,
      ),
      [
        ["a", "b", "after"],
        ["a0", "b1"],
      ],
    );
  });

  test("sees the same callback as the same function", async (t) => {
    const seen = [];
    const subscribe = (listener) => seen.push(listener);
    const mf = create(t, {
      bindings: { subscribe, current: () => seen[0] },
      script: `
    const listener = () => "heard";
    export default {
      fetch(request, env) {
        env.subscribe(listener);
        env.subscribe(listener);
        env.subscribe(() => "other");
        return new Response(String(env.current() === listener));
      }
    }`,
    });
    assert.equal(await text(mf), "true");
    assert.equal(seen[0], seen[1]);
    assert.notEqual(seen[0], seen[2]);
    assert.equal(seen[0](), "heard");
    assert.equal(seen[2](), "other");
  });

  test("may call through both realms many levels deep", async (t) => {
    const down = (n, next) => (n === 0 ? ["bottom"] : [n, ...next(n - 1)]);
    assert.deepEqual(
      await withBindings(
        t,
        { down },
        `
      const next = (n) => env.down(n, next);
      return next(20).length;`,
      ),
      21,
    );
  });

  test("may dispatch to the worker that called it", async (t) => {
    const bindings = { again: async () => text(mf, "http://localhost/inner") };
    const mf = create(t, {
      bindings,
      script: `export default {
      async fetch(request, env) {
        if (request.url.endsWith("/inner")) return new Response("inner");
        return new Response("outer " + await env.again());
      }
    }`,
    });
    assert.equal(await text(mf), "outer inner");
  });

  test("gets a worker's function that outlives the request", async (t) => {
    let kept;
    const mf = create(t, {
      bindings: { keep: (value) => void (kept = value) },
      script: `
    let count = 0;
    export default { fetch(request, env) { env.keep((by) => count += by); return new Response(String(count)); } }`,
    });
    assert.equal(await text(mf), "0");
    assert.equal(kept(2), 2);
    assert.equal(kept(3), 5);
    assert.equal(await text(mf), "5");
  });
});
