// Tags: oracle, every-node
// A worker's error rejects dispatchFetch as it was: name, message, stack, cause, properties; so does any other value.

import { describe } from "node:test";
import assert from "node:assert/strict";
import { create, createInvalid, differs } from "../support/miniflare.mjs";
import { deepEqualOutside, rejection, text, URL_ROOT } from "../support/dispatch.mjs";
import { folder } from "../support/files.mjs";
import { test } from "../support/test.mjs";

const thrown = (t, expression, options = {}) => {
  const script = `export default {\n  async fetch(request) {\n    throw ${expression};\n  }\n}`;
  return rejection(create(t, { script, ...options }).dispatchFetch(URL_ROOT));
};

describe("an error thrown by a worker", () => {
  for (const name of ["Error", "TypeError", "RangeError", "SyntaxError", "EvalError", "URIError", "ReferenceError"]) {
    test(`keeps its name and message: ${name}`, async (t) => {
      const error = await thrown(t, `new ${name}("what went wrong")`);
      assert.equal(error.name, name);
      assert.equal(error.message, "what went wrong");
      assert.equal(String(error), `${name}: what went wrong`);
    });
  }

  test("keeps a stack that names the user's script and line", async (t) => {
    const error = await thrown(t, `new Error("here")`);
    assert.match(error.stack, /^Error: here\n/);
    assert.match(error.stack, /<script>:3:11/);
  });

  test("keeps the frames of the functions it passed", async (t) => {
    const script = [
      "function inner() { throw new Error('deep'); }",
      "function outer() { inner(); }",
      "export default { fetch() { outer(); } }",
    ].join("\n");
    const { stack } = await rejection(create(t, { script }).dispatchFetch(URL_ROOT));
    const frames = stack.split("\n").filter((line) => line.includes("<script>"));
    assert.match(frames[0], /at inner .*<script>:1:/);
    assert.match(frames[1], /at outer .*<script>:2:/);
    assert.match(frames[2], /fetch.*<script>:3:/);
  });

  test("names the file of a script on disk, and the module it came from", async (t) => {
    const root = folder(t, {
      "worker.mjs": `import { fail } from "./lib/fail.mjs";\nexport default { fetch: () => fail() };`,
      "lib/fail.mjs": `\n\nexport const fail = () => { throw new Error("from the library"); };`,
    });
    const mf = create(t, { modules: true, rootPath: root, scriptPath: "worker.mjs" });
    const { stack } = await rejection(mf.dispatchFetch(URL_ROOT));
    assert.match(stack, /lib\/fail\.mjs:3:\d+/);
    assert.match(stack, /worker\.mjs:2:\d+/);
  });

  test("shows nothing of the runtime's own scripts", differs("its own frames are in the stack"), async (t) => {
    const error = await thrown(t, `new Error("clean")`);
    const foreign = error.stack
      .split("\n")
      .slice(1)
      .filter((line) => /ext:|node:internal|deno/.test(line));
    assert.deepEqual(foreign, []);
  });

  test("of the engine keeps its message", async (t) => {
    const error = await thrown(t, "null.property");
    assert.equal(error.name, "TypeError");
    assert.equal(error.message, "Cannot read properties of null (reading 'property')");
    assert.match(error.stack, /<script>:3:/);
  });

  test("keeps its cause, and the cause of its cause", async (t) => {
    const error = await thrown(t, `new Error("outer", { cause: new TypeError("inner", { cause: "root" }) })`);
    assert.equal(error.cause.name, "TypeError");
    assert.equal(error.cause.message, "inner");
    assert.match(error.cause.stack, /<script>:3:/);
    assert.equal(error.cause.cause, "root");
    assert.equal("cause" in error.cause, true);
    assert.equal("cause" in (await thrown(t, `new Error("alone")`)), false);
  });

  test("keeps a cause that leads back to itself", async (t) => {
    const error = await thrown(t, `(() => { const e = new Error("cyclic"); e.cause = e; return e; })()`);
    assert.equal(error.message, "cyclic");
    assert.equal(error.cause.message, "cyclic");
    assert.equal(error.cause.cause, error.cause);
  });

  test("keeps the errors of an AggregateError", async (t) => {
    const error = await thrown(t, `new AggregateError([new Error("one"), new RangeError("two"), 3], "many")`);
    assert.equal(error.name, "AggregateError");
    assert.equal(error.message, "many");
    const [first, second, third] = error.errors;
    assert.equal(String(first), "Error: one");
    assert.equal(String(second), "RangeError: two");
    assert.equal(third, 3);
  });

  test("keeps its own methods", async (t) => {
    const error = await thrown(
      t,
      `Object.assign(new Error("retry later"), { after: 3, isDue(now) { return now >= this.after; } })`,
    );
    assert.deepEqual([error.isDue(2), error.isDue(3)], [false, true]);
  });

  test("keeps its own properties", async (t) => {
    const error = await thrown(t, `Object.assign(new Error("x"), { code: "E_X", status: 418, nested: { a: [1] } })`);
    assert.equal(error.code, "E_X");
    assert.equal(error.status, 418);
    deepEqualOutside(error.nested, { a: [1] });
  });

  test("keeps the name of a class of the user's", async (t) => {
    const error = await thrown(
      t,
      `new (class HttpError extends Error {
      constructor(status) { super("status " + status); this.name = "HttpError"; this.status = status; }
    })(503)`,
    );
    assert.equal(error.name, "HttpError");
    assert.equal(error.message, "status 503");
    assert.equal(error.status, 503);
    assert.match(error.stack, /^HttpError|^Error/);
  });

  test("keeps the methods and accessors of a class of the user's, which work on the original", async (t) => {
    const script = `class BaseError extends Error {
      #tries = 0;
      get tries() { return this.#tries; }
      set tries(value) { this.#tries = value; }
      retry(by) { this.#tries += by; return this; }
      describe() { return "base"; }
    }
    class HttpError extends BaseError {
      status = 503;
      describe() { return super.describe() + " " + this.status + ": " + this.message; }
      [Symbol.for("kind")]() { return "http"; }
    }
    export default { fetch() { throw new HttpError("busy"); } }`;
    const error = await rejection(create(t, { script }).dispatchFetch(URL_ROOT));
    assert.equal(error.describe(), "base 503: busy");
    assert.equal(error.retry(2), error);
    assert.equal(error.tries, 2);
    error.tries = 5;
    assert.equal(error.retry(1).tries, 6);
    assert.equal(error[Symbol.for("kind")](), "http");
    assert.deepEqual(Object.keys(error), ["status"]);
  });

  test("is an instance of its class, and of those that this one extends", async (t) => {
    const script = `export class BaseError extends Error {}
    export class HttpError extends BaseError {}
    export class OtherError extends BaseError {}
    export default { fetch() { throw new HttpError("busy"); } }`;
    const mf = create(t, { script });
    const { BaseError, HttpError, OtherError } = await mf.getModuleExports();
    const error = await rejection(mf.dispatchFetch(URL_ROOT));
    const classes = [HttpError, BaseError, OtherError];
    assert.deepEqual(
      classes.map((one) => error instanceof one),
      [true, true, false],
    );
    assert.equal(new Error("busy") instanceof HttpError, false);
    await assert.rejects(mf.dispatchFetch(URL_ROOT), HttpError);
  });

  test("keeps its properties named by registered symbols", async (t) => {
    const error = await thrown(
      t,
      `Object.assign(new Error("x"), { [Symbol.for("kind")]: "http", [Symbol("own")]: 1 })`,
    );
    assert.equal(error[Symbol.for("kind")], "http");
  });

  test("keeps name, message and code of a DOMException", async (t) => {
    const error = await thrown(t, `new DOMException("given up", "AbortError")`);
    assert.equal(error.name, "AbortError");
    assert.equal(error.message, "given up");
    assert.equal(error.code, 20);
  });

  test("may be frozen", async (t) => {
    assert.equal((await thrown(t, `Object.freeze(new Error("frozen"))`)).message, "frozen");
  });

  test("may have a getter that throws", async (t) => {
    const error = await thrown(
      t,
      `Object.defineProperty(new Error("visible"), "trap", {
      enumerable: true, get() { throw new Error("trapped"); }
    })`,
    );
    assert.equal(error.message, "visible");
  });

  test("of an endless recursion leaves the worker usable", async (t) => {
    const mf = create(t, {
      script: `export default {
      fetch(request) {
        const recurse = () => recurse() + 1;
        return request.url.endsWith("/deep") ? recurse() : new Response("fine");
      }
    }`,
    });
    const error = await rejection(mf.dispatchFetch("http://localhost/deep"));
    assert.equal(error.name, "RangeError");
    assert.match(error.message, /Maximum call stack size exceeded/);
    assert.equal(await text(mf), "fine");
  });
});

describe("a value that is not an error", () => {
  for (const value of ["text", 42, true, null, 10n]) {
    test(`is the reason as it is: ${typeof value} ${value}`, async (t) => {
      const source = typeof value === "bigint" ? `${value}n` : JSON.stringify(value);
      assert.equal(await thrown(t, source), value);
    });
  }

  test("may be undefined", differs("it takes undefined for no error"), async (t) => {
    assert.equal(await thrown(t, "undefined"), undefined);
  });

  test("may be a plain object or an array", async (t) => {
    deepEqualOutside(await thrown(t, `{ status: 404, list: [1, { a: null }] }`), {
      status: 404,
      list: [1, { a: null }],
    });
    deepEqualOutside(await thrown(t, `["a", 1]`), ["a", 1]);
  });

  test("may be an object without a prototype", async (t) => {
    const reason = await thrown(t, `Object.assign(Object.create(null), { key: "value" })`);
    assert.equal(reason.key, "value");
  });

  test("may be a function", async (t) => {
    const reason = await thrown(t, `() => "called"`);
    assert.equal(reason(), "called");
  });

  test("may be a symbol", async (t) => {
    assert.equal(String(await thrown(t, `Symbol("sign")`)), "Symbol(sign)");
    assert.equal(await thrown(t, `Symbol.for("shared")`), Symbol.for("shared"));
  });
});

describe("an error at the start of a worker", () => {
  const started = (t, script, options = {}) =>
    rejection(createInvalid(t, { script, ...options }).dispatchFetch(URL_ROOT));

  test("thrown at the module's top level rejects, with its line", async (t) => {
    const error = await started(t, "const a = 1;\nnull.property;\nexport default {}");
    assert.equal(error.name, "TypeError");
    assert.match(error.stack, /<script>:2:/);
  });

  test("rejected by a top-level await rejects", async (t) => {
    const error = await started(t, `await Promise.reject(new RangeError("awaited"));\nexport default {}`);
    assert.equal(error.name, "RangeError");
    assert.equal(error.message, "awaited");
  });

  test("thrown by a service worker rejects, with its line", async (t) => {
    const error = await started(t, `\n\nthrow new URIError("at the top");`);
    assert.equal(error.name, "URIError");
    assert.match(error.stack, /<script>:3:/);
  });
});

describe("globals: { Error }", () => {
  const script = `export default {
    fetch(request) {
      if (request.url.endsWith("/inner")) return new Response(String(new Error() instanceof Error));
      throw new Error("oops!");
    }
  }`;

  const isErrorOutside = async (mf) => {
    const error = await rejection(mf.dispatchFetch(URL_ROOT));
    assert.ok(error instanceof Error);
    assert.equal(error.message, "oops!");
    assert.match(error.stack, /<script>:4/);
  };

  test("makes a thrown error an instance of Error outside", async (t) => {
    await isErrorOutside(create(t, { script, globals: { Error } }));
  });

  test("works in a second instance and after a reload", differs("it works once per process"), async (t) => {
    const [first, second] = [1, 2].map(() => create(t, { script, globals: { Error } }));
    await isErrorOutside(first);
    await isErrorOutside(second);
    await first.reload();
    await isErrorOutside(first);
    await second.setOptions({ bindings: { changed: true } });
    await isErrorOutside(second);
    assert.equal(await text(first, "http://localhost/inner"), "true");
    assert.equal(Object.hasOwn(Error, Symbol.hasInstance), false);
  });

  test("works for every class that is passed", differs("it works once per process"), async (t) => {
    const mf = create(t, {
      globals: { Error, TypeError, RangeError },
      script: `export default {
      fetch(request) { throw request.url.endsWith("/type") ? new TypeError("t") : new RangeError("r"); }
    }`,
    });
    const typeError = await rejection(mf.dispatchFetch("http://localhost/type"));
    assert.ok(typeError instanceof TypeError && typeError instanceof Error);
    assert.ok((await rejection(mf.dispatchFetch("http://localhost/range"))) instanceof RangeError);
  });
});
