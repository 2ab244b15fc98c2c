// Tags: oracle, every-node
// The worker seen from outside: getBindings, getGlobalScope and getModuleExports, to read, to set, and to call.

import { describe } from "node:test";
import assert from "node:assert/strict";
import { create, Request } from "../support/miniflare.mjs";
import { deepEqualOutside, rejection, text, URL_ROOT } from "../support/dispatch.mjs";
import { test } from "../support/test.mjs";

describe("getBindings", () => {
  const SHOW = `export default { fetch: (request, env) => Response.json(env) }`;

  test("gives the values of env", async (t) => {
    const call = (n) => n + 1;
    const mf = create(t, { script: SHOW, bindings: { TEXT: "text", OBJECT: { a: [1] }, DATE: new Date(5), call } });
    const bindings = await mf.getBindings();
    assert.equal(bindings.TEXT, "text");
    deepEqualOutside(bindings.OBJECT, { a: [1] });
    assert.equal(bindings.DATE.getTime(), 5);
    assert.equal(bindings.call, call);
    assert.equal(bindings.missing, undefined);
    deepEqualOutside(Object.keys(bindings), ["TEXT", "OBJECT", "DATE", "call"]);
    assert.equal("TEXT" in bindings, true);
  });

  test("is the object the worker gets: a value set outside is seen inside", async (t) => {
    const mf = create(t, { script: SHOW, bindings: { A: 1 } });
    const bindings = await mf.getBindings();
    bindings.B = { set: "outside" };
    bindings.A = 2;
    assert.deepEqual(JSON.parse(await text(mf)), { A: 2, B: { set: "outside" } });
    delete bindings.B;
    assert.deepEqual(JSON.parse(await text(mf)), { A: 2 });
  });

  test("shows what the worker sets", async (t) => {
    const mf = create(t, {
      script: `export default {
      fetch(request, env) { env.SEEN = [request.url]; return new Response(); }
    }`,
    });
    const bindings = await mf.getBindings();
    await text(mf);
    deepEqualOutside(bindings.SEEN, [URL_ROOT]);
  });

  test("can replace a function by a spy", async (t) => {
    const mf = create(t, {
      bindings: { notify: () => "real" },
      script: `export default {
      fetch: (request, env) => new Response(env.notify("hello"))
    }`,
    });
    const spy = t.mock.fn(() => "spied");
    (await mf.getBindings()).notify = spy;
    assert.equal(await text(mf), "spied");
    deepEqualOutside(spy.mock.calls[0].arguments, ["hello"]);
  });
});

describe("getGlobalScope", () => {
  test("reads what the worker has put there", async (t) => {
    const mf = create(t, {
      script: `
    globalThis.config = { level: 3 };
    globalThis.add = (a, b) => a + b;
    globalThis.Greeter = class { greet(name) { return "hello " + name; } };
    export default { fetch: () => new Response() }`,
    });
    const scope = await mf.getGlobalScope();
    deepEqualOutside(scope.config, { level: 3 });
    assert.equal(scope.add(2, 3), 5);
    assert.equal(new scope.Greeter().greet("you"), "hello you");
  });

  test("sets what the worker then finds", async (t) => {
    const mf = create(t, {
      script: `export default {
      fetch: () => Response.json([typeof mocked, mocked({ a: 1 }), globalThis.value])
    }`,
    });
    const scope = await mf.getGlobalScope();
    scope.mocked = (value) => ({ got: value.a });
    scope.value = "set outside";
    assert.deepEqual(JSON.parse(await text(mf)), ["function", { got: 1 }, "set outside"]);
  });

  test("reads and writes the variables of a service worker", async (t) => {
    const mf = create(t, {
      script: `
    var count = 1;
    function twice() { return count * 2; }
    addEventListener("fetch", (event) => event.respondWith(new Response(String(count))));`,
    });
    const scope = await mf.getGlobalScope();
    assert.equal(scope.count, 1);
    scope.count = 21;
    assert.equal(scope.twice(), 42);
    assert.equal(await text(mf), "21");
  });

  test("offers the runtime's own functions and classes", async (t) => {
    const scope = await create(t, { script: "export default {}" }).getGlobalScope();
    assert.equal(scope.btoa("text"), "dGV4dA==");
    assert.equal(scope.MINIFLARE, true);
    assert.match(scope.crypto.randomUUID(), /^[0-9a-f-]{36}$/);
    assert.equal(new scope.URL("/path", "http://localhost").href, "http://localhost/path");
    assert.equal(await new scope.Response("body").text(), "body");
    assert.equal(scope.process, undefined);
  });

  test("replaces a function of the runtime, such as fetch", async (t) => {
    const mf = create(t, {
      script: `export default {
      fetch: async () => new Response("got " + await fetch("https://example.com"))
    }`,
    });
    (await mf.getGlobalScope()).fetch = async (url) => `mock of ${url}`;
    assert.equal(await text(mf), "got mock of https://example.com");
  });

  test("is another one after a reload", async (t) => {
    const mf = create(t, { script: "export default { fetch: () => new Response(typeof mark) }" });
    const before = await mf.getGlobalScope();
    before.mark = true;
    assert.equal(await text(mf), "boolean");
    await mf.reload();
    assert.equal(await text(mf), "undefined");
    assert.notEqual(await mf.getGlobalScope(), before);
    assert.equal((await mf.getGlobalScope()).mark, undefined);
  });
});

describe("getModuleExports", () => {
  const SCRIPT = `
  export const version = "1.0";
  export let count = 0;
  export function increment(by = 1) { count += by; return count; }
  export async function later(value) { await null; return { value }; }
  export function fail() { throw new RangeError("failed"); }
  export class Stack {
    #items = [];
    push(item) { this.#items.push(item); return this.#items.length; }
    pop() { return this.#items.pop(); }
  }
  export default { fetch: (request) => new Response("asked " + request.url, { status: 203 }) };`;

  test("gives values, functions and classes", async (t) => {
    const exports = await create(t, { script: SCRIPT }).getModuleExports();
    assert.equal(exports.version, "1.0");
    assert.equal(exports.increment(5), 5);
    deepEqualOutside(await exports.later([1]), { value: [1] });
    const stack = new exports.Stack();
    assert.equal(stack.push("a"), 1);
    assert.equal(stack.pop(), "a");
    assert.ok(stack instanceof exports.Stack);
    deepEqualOutside(Object.keys(exports).sort(), [
      "Stack",
      "count",
      "default",
      "fail",
      "increment",
      "later",
      "version",
    ]);
  });

  test("has live bindings", async (t) => {
    const exports = await create(t, { script: SCRIPT }).getModuleExports();
    assert.equal(exports.count, 0);
    exports.increment();
    assert.equal(exports.count, 1);
  });

  test("throws what the worker throws", async (t) => {
    const exports = await create(t, { script: SCRIPT }).getModuleExports();
    assert.throws(
      () => exports.fail(),
      (error) => error.name === "RangeError" && error.message === "failed",
    );
    const error = await rejection(Promise.resolve().then(() => exports.fail()));
    assert.match(error.stack, /<script>:6/);
  });

  test("calls the handler as a function", async (t) => {
    const exports = await create(t, { script: SCRIPT }).getModuleExports();
    const response = await exports.default.fetch(new Request("http://localhost/direct"), {}, {});
    assert.equal(response.status, 203);
    assert.equal(await response.text(), "asked http://localhost/direct");
  });

  test("takes host functions as arguments", async (t) => {
    const script = "export const apply = (f, ...args) => f(...args); export default {};";
    const { apply } = await create(t, { script }).getModuleExports();
    assert.equal(
      apply((a, b) => a * b, 6, 7),
      42,
    );
  });

  test("is empty for service workers", async (t) => {
    const exports = await create(t, { script: "const value = 1;" }).getModuleExports();
    deepEqualOutside(Object.keys(exports), []);
  });
});
