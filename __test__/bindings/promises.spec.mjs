// Tags: oracle, every-node
// Exceptions and promises across the two heaps, both ways, and a fetch of the test's own.

import { describe } from "node:test";
import assert from "node:assert/strict";
import { create, Response } from "../support/miniflare.mjs";
import { deepEqualOutside, deferred, evaluate, rejection, text, URL_ROOT } from "../support/dispatch.mjs";
import { test } from "../support/test.mjs";

const withBindings = (t, bindings, body) => evaluate(t, body, { bindings });

describe("exceptions across", () => {
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

describe("promises across", () => {
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

describe("a fetch of one's own", () => {
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
