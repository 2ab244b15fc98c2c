// Tags: oracle, every-node
// What cannot be read: errors and objects that throw when they are looked at, or never end. Whatever a worker throws, rejects
// with, returns, prints or aborts with, nothing hangs, and whoever gets an error can read it.

import { describe } from "node:test";
import assert from "node:assert/strict";
import { inspect } from "node:util";
import { create, differs, Log, LogLevel } from "../support/miniflare.mjs";
import { deferred, rejection, text, URL_ROOT } from "../support/dispatch.mjs";
import { within } from "../support/test.mjs";

const test = within(20_000);

/** Expressions, for the worker and for Node. */
const VALUES = {
  "a proxy whose traps throw": `new Proxy({}, new Proxy({}, { get() { throw 1; } }))`,
  "a proxy whose get throws": `new Proxy({}, { get() { throw 1; } })`,
  "a proxy of an error whose get throws": `new Proxy(new Error("inner"), { get() { throw new Error("trapped"); } })`,
  "a proxy of a function whose traps throw": `new Proxy(() => {}, { get() { throw 1; }, getPrototypeOf() { throw 2; } })`,
  "a revoked proxy": `(() => { const { proxy, revoke } = Proxy.revocable({}, {}); revoke(); return proxy; })()`,
  "a revoked proxy of a function": `(() => { const { proxy, revoke } = Proxy.revocable(() => {}, {}); revoke(); return proxy; })()`,
  "an object of a revoked prototype": `(() => { const { proxy, revoke } = Proxy.revocable({}, {}); const object = Object.create(proxy); revoke(); return object; })()`,
  "a proxy that is its own prototype": `(() => { const proxy = new Proxy({}, { getPrototypeOf: () => proxy }); return proxy; })()`,
  "an error with getters that throw": `(() => {
    const get = () => { throw new Error("no"); };
    const error = new Error("shown");
    for (const key of ["stack", "name", "message", "cause", "errors", "extra"]) Object.defineProperty(error, key, { get, enumerable: true });
    return error;
  })()`,
  "an error of a class whose members throw": `new (class extends Error {
    get name() { throw 1; }
    get message() { throw 2; }
    get [Symbol.toStringTag]() { throw 3; }
    toString() { throw 4; }
  })("hidden")`,
  "an error with a revoked prototype": `(() => { const { proxy, revoke } = Proxy.revocable({}, {}); const error = new Error("shown"); Object.setPrototypeOf(error, proxy); revoke(); return error; })()`,
  "an error with parts that cannot be read": `(() => {
    const hostile = () => new Proxy({}, { get() { throw 1; } });
    const error = new Error("shown", { cause: hostile() });
    error.part = hostile();
    error.name = hostile();
    return error;
  })()`,
  "an object whose getters throw": `({ get name() { throw 1; }, get message() { throw 2; }, get stack() { throw 3; } })`,
  "an object whose toString throws": `({ toString() { throw 1; }, [Symbol.toPrimitive]() { throw 2; } })`,
  "an object whose tag throws": `({ get [Symbol.toStringTag]() { throw 1; } })`,
  "a chain of 5,000 causes": `(() => { let error = new Error("first"); for (let i = 0; i < 5000; i++) error = new Error("number " + i, { cause: error }); return error; })()`,
  "a chain of 5,000 errors": `(() => { let error = new Error("first"); for (let i = 0; i < 5000; i++) error = new AggregateError([error], "number " + i); return error; })()`,
  "a chain of 5,000 properties": `(() => { let error = new Error("first"); for (let i = 0; i < 5000; i++) error = Object.assign(new Error("number " + i), { before: error }); return error; })()`,
  "nested data, 5,000 deep": `(() => { let data = {}; for (let i = 0; i < 5000; i++) data = { data }; return data; })()`,
  "nested lists, 100,000 deep": `(() => { let list = []; for (let i = 0; i < 100000; i++) list = [list]; return list; })()`,
  "an error that is its own cause": `(() => { const error = new Error("shown"); error.cause = error; return error; })()`,
  "causes in a circle": `(() => { const [a, b] = [new Error("a"), new Error("b")]; a.cause = b; b.cause = a; a.errors = [a, b]; return a; })()`,
  "an AggregateError of anything": `new AggregateError([1, undefined, new Proxy({}, { get() { throw 1; } }), new Error("inner")], "all")`,
  "an error of 4 MB": `new Error("x".repeat(4 << 20))`,
  "a function whose name throws": `Object.defineProperty(() => {}, "name", { get() { throw 1; } })`,
  "an object without a prototype": `Object.create(null)`,
  "a symbol": `Symbol("shown")`,
  "a symbol as a message": `Object.assign(new Error(), { message: Symbol("shown"), stack: Symbol("stack") })`,
  "a promise whose then throws": `Object.defineProperty(Promise.resolve(1), "then", { get() { throw 1; } })`,
};

/** Reads of a value what whoever catches it reads, and fails if that throws. */
function read(value) {
  if (typeof value === "symbol" || value === null || typeof value !== "object") return String(value);
  return [value.name, value.message, value.stack, inspect(value)].map((part) => typeof part).join();
}

const worker = (t, body, options = {}) =>
  create(t, {
    script: `const value = () => ${options.value};
    export default { async fetch(request, env) { ${body} } }`,
    ...options,
    value: undefined,
  });

const hangs = differs("some hang, or end the process");

describe("a worker that", hangs, () => {
  for (const [name, value] of Object.entries(VALUES)) {
    test(`throws ${name}`, async (t) => {
      for (const body of ["throw value();", "return Promise.reject(value());", "await null; throw value();"]) {
        const mf = worker(t, body, { value });
        read(await rejection(mf.dispatchFetch(URL_ROOT)));
      }
    });

    test(`throws ${name} in a function that Node calls`, async (t) => {
      const script = `const value = () => ${value};
        export const fail = () => { throw value(); };
        export const reject = async () => { throw value(); };
        export const give = () => value();
        export const giveLater = async () => [value()];
        export default {};`;
      const mf = create(t, { script });
      const { fail, reject, give, giveLater } = await mf.getModuleExports();
      read(await rejection((async () => fail())()));
      read(await rejection(reject()));
      for (const call of [give, giveLater]) await (async () => call())().then(() => {}, read);
    });

    test(`passes ${name} to a function of Node's, and prints it`, async (t) => {
      for (const method of ["log", "error", "warn", "table", "dir"])
        t.mock.method(console, method, (...args) => void args.map((arg) => inspect(arg)));
      const take = (given) => void inspect(given);
      const body = `
        const outcomes = [];
        for (const act of [() => env.take(value()), () => env.take([value()]), () => env.take({ key: value() })]) {
          try { await act(); } catch (error) { outcomes.push(typeof error); }
        }
        for (const method of ["log", "error", "warn", "table", "dir"]) console[method](value());
        console.log("%s and %o", value(), value());
        return new Response("done");`;
      assert.equal(await text(worker(t, body, { value, bindings: { take } })), "done");
    });

    test(`aborts with ${name}`, async (t) => {
      const aborted = deferred();
      const bindings = {
        listen: (signal) => signal.addEventListener("abort", () => aborted.resolve(signal.reason)),
      };
      const body = `
        const controller = new AbortController();
        env.listen(controller.signal);
        controller.abort(value());
        const reason = await fetch("http://localhost:1/", { signal: controller.signal }).catch(() => "rejected");
        return new Response(reason);`;
      assert.equal(await text(worker(t, body, { value, bindings })), "rejected");
      const reason = await aborted.promise;
      if (typeof reason === "object" && reason !== null) read(reason);
    });

    test(`lets a rejection with ${name} go`, async (t) => {
      const unhandled = deferred();
      class Unhandled extends Log {
        error(error) {
          unhandled.resolve(error);
        }
      }
      const log = new Unhandled(LogLevel.ERROR);
      const body = `Promise.reject(value()); setTimeout(() => { throw value(); }); return new Response("done");`;
      const mf = worker(t, body, { value, log, logUnhandledRejections: true });
      assert.equal(await text(mf), "done");
      read(await unhandled.promise);
    });

    test(`throws ${name} when it starts`, async (t) => {
      for (const options of [
        { script: `throw ${value};` },
        { modules: true, script: `throw ${value};` },
        { modules: true, script: `await Promise.reject(${value});` },
      ]) {
        const mf = create(t, options);
        read(await rejection(mf.dispatchFetch(URL_ROOT)));
      }
    });

    test(`throws ${name} in an object, or passes through`, async (t) => {
      const script = `const value = () => ${value};
        export class Box {
          async fetch() { throw value(); }
        }
        export default {
          async fetch(request, env, ctx) {
            if (request.method === "POST") { ctx.passThroughOnException(); throw value(); }
            return env.BOX.get(env.BOX.idFromName("a")).fetch(request);
          }
        }`;
      const log = new Log(LogLevel.NONE);
      const mf = create(t, { script, log, durableObjects: { BOX: "Box" } });
      read(await rejection(mf.dispatchFetch(URL_ROOT)));
      read(await rejection(mf.dispatchFetch(URL_ROOT, { method: "POST" })));
    });
  }
});

describe("Node, which", hangs, () => {
  for (const [name, value] of Object.entries(VALUES)) {
    test(`throws ${name} in a function that the worker calls, or returns it`, async (t) => {
      const make = new Function(`return ${value}`);
      const bindings = {
        fail() {
          throw make();
        },
        reject: async () => {
          throw make();
        },
        give: () => make(),
        giveLater: async () => [make()],
        serve() {
          throw make();
        },
      };
      const body = `
        const read = (value) => typeof value === "object" && value !== null
          ? [value.name, value.message, value.stack].map((part) => typeof part).join() : String(value);
        let failures = 0;
        for (const act of [() => env.fail(), () => env.reject(), () => env.SERVICE.fetch("http://localhost/")]) {
          try { await act(); } catch (error) { read(error); failures++; }
        }
        for (const act of [() => env.give(), () => env.giveLater()]) {
          try { await act(); } catch (error) { read(error); }
        }
        return new Response(String(failures));`;
      const mf = worker(t, body, { value: "0", bindings, serviceBindings: { SERVICE: bindings.serve } });
      assert.equal(await text(mf), "3");
    });

    test(`aborts with ${name}`, async (t) => {
      const value = new Function(`return ${VALUES[name]}`)();
      const started = deferred();
      const body = `env.started(); await new Promise((resolve) => request.signal.addEventListener("abort", resolve));
        return new Response(typeof request.signal.reason);`;
      const mf = worker(t, body, { value: "0", bindings: { started: () => started.resolve() } });
      const controller = new AbortController();
      const answer = text(mf, URL_ROOT, { signal: controller.signal });
      await started.promise;
      controller.abort(value);
      assert.match(await answer, /^(object|function|symbol|undefined)$/);
    });
  }
});

test("what is thrown and cannot be read says so", hangs, async (t) => {
  const error = await rejection(
    worker(t, "throw value();", { value: VALUES["a proxy whose get throws"] }).dispatchFetch(URL_ROOT),
  );
  assert.ok(error instanceof TypeError);
  assert.match(error.message, /^A value was thrown that cannot be read: reading its property "name" throws 1$/);
});

test("a chain of causes crosses as deep as 100", hangs, async (t) => {
  const error = await rejection(
    worker(t, "throw value();", { value: VALUES["a chain of 5,000 causes"] }).dispatchFetch(URL_ROOT),
  );
  let depth = 0;
  let last = error;
  for (; last.cause !== undefined; last = last.cause) depth++;
  assert.deepEqual([depth, error.message, last.message], [100, "number 4999", "number 4899"]);
});
