// Functions across the two heaps: called synchronously, with values, callbacks, promises and exceptions both ways.

import { describe, test } from "node:test";
import assert from "node:assert/strict";
import { create, Response } from "../support/miniflare.mjs";
import { deepEqualOutside, deferred, evaluate, rejection, text, URL_ROOT } from "../support/dispatch.mjs";

const withBindings = (t, bindings, body) => evaluate(t, body, { bindings });

describe("a function in bindings", { timeout: 60_000 }, () => {
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

describe("exceptions across", { timeout: 60_000 }, () => {
  test("keep class, message, stack and cause on their way in", async (t) => {
    const fail = () => {
      throw new RangeError("from outside", { cause: "reason" });
    };
    assert.deepEqual(
      await withBindings(
        t,
        { fail },
        `try { env.fail(); } catch (error) {
      return [error instanceof RangeError, error instanceof Error, error.name, error.message, error.cause,
        error.stack.includes("from outside")];
    }`,
      ),
      [true, true, "RangeError", "from outside", "reason", true],
    );
  });

  test("keep the properties of a class of one's own", async (t) => {
    class HttpError extends Error {
      name = "HttpError";
      status = 503;
    }
    const fail = () => {
      throw new HttpError("unavailable");
    };
    assert.deepEqual(
      await withBindings(
        t,
        { fail },
        `try { env.fail(); } catch (error) {
      return [error instanceof Error, error.name, error.message, error.status];
    }`,
      ),
      [true, "HttpError", "unavailable", 503],
    );
  });

  test("may be no errors", async (t) => {
    const fail = (value) => {
      throw value;
    };
    assert.deepEqual(
      await withBindings(
        t,
        { fail },
        `
      const caught = (value) => { try { env.fail(value); } catch (reason) { return [reason]; } };
      return [caught("text"), caught(5), caught(null), caught({ a: 1 })];`,
      ),
      [["text"], [5], [null], [{ a: 1 }]],
    );
  });

  test("are the same object when they come back out", async (t) => {
    const original = new TypeError("thrown outside");
    const mf = create(t, {
      bindings: {
        fail: () => {
          throw original;
        },
      },
      script: `export default {
      fetch: (request, env) => env.fail()
    }`,
    });
    assert.equal(await rejection(mf.dispatchFetch(URL_ROOT)), original);
  });

  test("of a callback reach the function that called it", async (t) => {
    const attempt = (callback) => {
      try {
        return callback();
      } catch (error) {
        return `${error.name}: ${error.message}`;
      }
    };
    assert.equal(
      await withBindings(
        t,
        { attempt },
        `
      return env.attempt(() => { throw new URIError("from inside"); });`,
      ),
      "URIError: from inside",
    );
  });
});

describe("promises across", { timeout: 60_000 }, () => {
  test("are awaited by the worker", async (t) => {
    const later = async (value) => {
      await new Promise((resolve) => setTimeout(resolve, 1));
      return { value };
    };
    assert.deepEqual(
      await withBindings(
        t,
        { later },
        `
      const promise = env.later(5);
      return [promise instanceof Promise, await promise, await Promise.all([env.later(1), env.later(2)])];`,
      ),
      [true, { value: 5 }, [{ value: 1 }, { value: 2 }]],
    );
  });

  test("reject with the error's class", async (t) => {
    const fail = async () => {
      throw new TypeError("later");
    };
    assert.deepEqual(
      await withBindings(
        t,
        { fail },
        `
      return env.fail().catch((error) => [error instanceof TypeError, error.message]);`,
      ),
      [true, "later"],
    );
  });

  test("may be bindings themselves", async (t) => {
    const gate = deferred();
    const mf = create(t, {
      bindings: { READY: gate.promise },
      script: `export default {
      fetch: async (request, env) => new Response(await env.READY)
    }`,
    });
    const answer = text(mf);
    gate.resolve("ready");
    assert.equal(await answer, "ready");
    assert.equal(await text(mf), "ready");
  });

  test("of the worker are awaited outside", async (t) => {
    let promise;
    await withBindings(
      t,
      { give: (value) => void (promise = value) },
      `
      env.give(new Promise((resolve) => setTimeout(resolve, 1, { from: "inside" })));`,
    );
    assert.equal(typeof promise.then, "function");
    deepEqualOutside(await promise, { from: "inside" });
  });

  test("of asynchronous callbacks work", async (t) => {
    const sum = async (callback) => (await callback(1)) + (await callback(2));
    assert.equal(await withBindings(t, { sum }, "return env.sum(async (n) => { await null; return n * 10; });"), 30);
  });

  test("of worker and host interleave in order", async (t) => {
    const order = [];
    const note = async (word) => {
      order.push(word);
      await null;
      return word;
    };
    await withBindings(
      t,
      { note },
      `await env.note("a"); await Promise.all([env.note("b"), env.note("c")]);
      await env.note("d");`,
    );
    assert.deepEqual(order, ["a", "b", "c", "d"]);
  });
});

describe("a fetch of one's own", { timeout: 60_000 }, () => {
  const globals = {
    fetch: async (input, init) => new Response(`mock of ${input} ${init?.method ?? ""}`, { status: 203 }),
  };

  test("answers subrequests with the package's Response", async (t) => {
    const seen = await evaluate(
      t,
      `const response = await fetch("https://example.com/x", { method: "POST" });
      return [response.status, await response.text()];`,
      { globals },
    );
    assert.deepEqual(seen, [203, "mock of https://example.com/x POST"]);
  });

  test("may be passed on as the worker's own response", async (t) => {
    const mf = create(t, { globals, script: `export default { fetch: () => fetch("https://example.com/y") }` });
    const response = await mf.dispatchFetch(URL_ROOT);
    assert.equal(response.status, 203);
    assert.equal(await response.text(), "mock of https://example.com/y ");
  });
});
