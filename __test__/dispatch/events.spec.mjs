// Tags: oracle, every-node
// The fetch event of module workers: how the handler is called, what it may return, and what follows when it does not.

import { describe } from "node:test";
import assert from "node:assert/strict";
import { create } from "../support/miniflare.mjs";
import { deepEqualOutside, json, rejection, text, URL_ROOT } from "../support/dispatch.mjs";
import { RecordingLog } from "../support/log.mjs";
import { test } from "../support/test.mjs";

const RETURN_HINT = "Make sure you're returning a `Response` in your handler.";
const EXPORT_HINT = "Make sure you're exporting a default object containing a `fetch` function property.";

describe("a module's fetch handler", () => {
  test("is called with request, env and context on the default export", async (t) => {
    const mf = create(t, {
      bindings: { KEY: "value" },
      script: `
    const handlers = {
      fetch(request, env, ctx, ...rest) {
        return Response.json([this === handlers, request instanceof Request, env.KEY, typeof ctx.waitUntil,
          typeof ctx.passThroughOnException, ctx.constructor.name, rest.length]);
      }
    };
    export default handlers;`,
    });
    assert.deepEqual(await json(mf), [true, true, "value", "function", "function", "ExecutionContext", 0]);
  });

  test("may be a method of a class instance with private state", async (t) => {
    const mf = create(t, {
      script: `
    class Worker {
      #count = 0;
      fetch() { return new Response(String(++this.#count)); }
    }
    export default new Worker();`,
    });
    assert.equal(await text(mf), "1");
    assert.equal(await text(mf), "2");
  });

  test("may be asynchronous or return any thenable", async (t) => {
    const async = create(t, {
      script: `export default { async fetch() { await null; return new Response("late"); } }`,
    });
    assert.equal(await text(async), "late");
    const thenable = create(t, {
      script: `export default {
      fetch: () => ({ then(resolve) { resolve(new Response("thenable")); } })
    }`,
    });
    assert.equal(await text(thenable), "thenable");
  });

  test("keeps module state between requests and apart between instances", async (t) => {
    const script = `let count = 0; export default { fetch: () => new Response(String(++count)) }`;
    const [first, second] = [create(t, { script }), create(t, { script })];
    assert.deepEqual([await text(first), await text(first), await text(second)], ["1", "2", "1"]);
  });

  test("is not a listener: addEventListener logs how to do it", async (t) => {
    const log = new RecordingLog();
    const mf = create(t, {
      log,
      script: `
    addEventListener("fetch", (event) => event.respondWith(new Response("listener")));
    addEventListener("scheduled", () => {});
    addEventListener("custom", () => {});
    export default { fetch: () => new Response("handler") }`,
    });
    assert.equal(await text(mf), "handler");
    const warning = (type) =>
      `When using module syntax, the '${type}' event handler should be declared as an ` +
      "exported function on the root module as opposed to using the global addEventListener().";
    assert.deepEqual(log.having("[mf:wrn] "), [warning("fetch"), warning("scheduled")]);
  });

  test("sees immutable request headers", async (t) => {
    const mf = create(t, { script: `export default { fetch: (request) => request.headers.set("a", "b") }` });
    const error = await rejection(mf.dispatchFetch(URL_ROOT));
    assert.equal(error.name, "TypeError");
    assert.equal(error.message, "immutable");
  });

  test("is called with no Host or MF-Loop header of ours", async (t) => {
    const mf = create(t, { script: `export default { fetch: (request) => Response.json([...request.headers]) }` });
    assert.deepEqual(await json(mf), []);
    assert.deepEqual(await json(mf, URL_ROOT, { headers: { "MF-Loop": "3" } }), []);
  });
});

describe("a module that does not answer", () => {
  const refused = async (t, script, code, message) => {
    const error = await rejection(create(t, { script }).dispatchFetch(URL_ROOT));
    assert.equal(error.code, code);
    assert.equal(error.name, `FetchError [${code}]`);
    assert.equal(error.message, message);
    assert.ok(error instanceof Error);
  };

  for (const value of ["null", '"text"', "{}", "42", "Promise.resolve(true)"]) {
    test(`but returns ${value} fails with ERR_RESPONSE_TYPE`, (t) =>
      refused(
        t,
        `export default { fetch: () => (${value}) }`,
        "ERR_RESPONSE_TYPE",
        `Fetch handler didn't respond with a Response object.\n${RETURN_HINT}`,
      ));
  }

  for (const value of ["undefined", "Promise.resolve()"]) {
    test(`but returns ${value} fails with ERR_NO_RESPONSE`, (t) =>
      refused(
        t,
        `export default { fetch: () => ${value} }`,
        "ERR_NO_RESPONSE",
        `No fetch handler responded and no upstream to proxy to specified.\n${RETURN_HINT}`,
      ));
  }

  for (const exported of ["export default {}", "export const other = 1", "export default null", "export default 5"]) {
    test(`because of \`${exported}\` fails with ERR_NO_HANDLER`, (t) =>
      refused(
        t,
        exported,
        "ERR_NO_HANDLER",
        `No fetch handler defined and no upstream to proxy to specified.\n${EXPORT_HINT}`,
      ));
  }
});

describe("passThroughOnException", () => {
  const NO_UPSTREAM = "No upstream to pass-through to specified.\nMake sure you've set the `upstream` option.";

  for (const [how, body] of [
    ["throws", ""],
    ["rejects", "await null;"],
  ]) {
    test(`logs the error and asks for an upstream when the handler ${how}`, async (t) => {
      const log = new RecordingLog();
      const mf = create(t, {
        log,
        script: `export default {
        ${body && "async "}fetch(request, env, ctx) {
          ctx.passThroughOnException();
          ${body}
          throw new TypeError("boom");
        }
      }`,
      });
      const error = await rejection(mf.dispatchFetch(URL_ROOT));
      assert.equal(error.name, "FetchError [ERR_NO_UPSTREAM]");
      assert.equal(error.code, "ERR_NO_UPSTREAM");
      assert.equal(error.message, NO_UPSTREAM);
      const [warning] = log.having("[mf:wrn] ");
      assert.match(warning, /^TypeError: boom\n\s+at /);
      assert.match(warning, /<script>:5/);
    });
  }

  test("changes nothing when the handler answers", async (t) => {
    const log = new RecordingLog();
    const mf = create(t, {
      log,
      script: `export default {
      fetch(request, env, ctx) { ctx.passThroughOnException(); return new Response("fine"); }
    }`,
    });
    assert.equal(await text(mf), "fine");
    assert.deepEqual(log.having("[mf:wrn] "), []);
  });

  test("does not outlive its request", async (t) => {
    const mf = create(t, {
      script: `export default {
      fetch(request, env, ctx) {
        if (request.url.endsWith("/pass")) ctx.passThroughOnException();
        throw new Error("boom");
      }
    }`,
    });
    assert.equal((await rejection(mf.dispatchFetch("http://localhost/pass"))).code, "ERR_NO_UPSTREAM");
    assert.equal((await rejection(mf.dispatchFetch("http://localhost/"))).message, "boom");
  });
});

describe("waitUntil", () => {
  const waiting = (t, body) =>
    create(t, {
      script: `export default {
    fetch(request, env, ctx) { ${body}; return new Response("answer"); }
  }`,
    });

  test("gives its values through the response, in the order of the calls", async (t) => {
    const mf = waiting(
      t,
      `
      ctx.waitUntil(new Promise((resolve) => setTimeout(resolve, 10, "slow")));
      ctx.waitUntil(Promise.resolve({ quick: [1] }));
      ctx.waitUntil("no promise")`,
    );
    const response = await mf.dispatchFetch(URL_ROOT);
    deepEqualOutside(await response.waitUntil(), ["slow", { quick: [1] }, "no promise"]);
    assert.equal(await response.text(), "answer");
  });

  test("does not hold the response back", async (t) => {
    const mf = waiting(t, "ctx.waitUntil(new Promise(() => {}))");
    assert.equal(await text(mf), "answer");
  });

  test("waits for promises that were added while waiting", async (t) => {
    const mf = waiting(
      t,
      `
      const add = async (depth) => {
        await new Promise((resolve) => setTimeout(resolve, 1));
        if (depth < 3) ctx.waitUntil(add(depth + 1));
        return depth;
      };
      ctx.waitUntil(add(0))`,
    );
    assert.deepEqual(await (await mf.dispatchFetch(URL_ROOT)).waitUntil(), [0, 1, 2, 3]);
  });

  test("rejects with what the worker rejected with", async (t) => {
    const mf = waiting(t, `ctx.waitUntil(Promise.reject(new RangeError("in the background")))`);
    const error = await rejection((await mf.dispatchFetch(URL_ROOT)).waitUntil());
    assert.equal(error.name, "RangeError");
    assert.equal(error.message, "in the background");
  });

  test("belongs to its own request", async (t) => {
    const mf = waiting(
      t,
      `const { pathname } = new URL(request.url);
      ctx.waitUntil(new Promise((resolve) => setTimeout(resolve, 1, pathname)))`,
    );
    const ask = async (path) => (await mf.dispatchFetch(`http://localhost${path}`)).waitUntil();
    assert.deepEqual(await Promise.all(["/a", "/b", "/c"].map(ask)), [["/a"], ["/b"], ["/c"]]);
  });

  test("called without its context is an illegal invocation", async (t) => {
    const mf = waiting(t, "const { waitUntil } = ctx; waitUntil(Promise.resolve())");
    const error = await rejection(mf.dispatchFetch(URL_ROOT));
    assert.equal(error.name, "TypeError");
    assert.equal(error.message, "Illegal invocation");
  });
});
