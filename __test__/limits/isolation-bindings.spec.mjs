// Tags: oracle
// A worker tries to reach the host through the functions, classes and objects that the host has given it.

import { describe } from "node:test";
import assert from "node:assert/strict";
import { differs } from "../support/miniflare.mjs";
import { evaluate } from "../support/dispatch.mjs";
import { test } from "../support/test.mjs";

const NO_SANDBOX = differs("it is no sandbox");

describe("bindings", NO_SANDBOX, () => {
  class Service {
    static make() {
      return new Service();
    }
    value = { nested: true };
    method() {
      return this;
    }
    async later() {
      return { made: "outside" };
    }
    *each() {
      yield 1;
    }
  }
  const bindings = {
    function: function named() {
      return [1];
    },
    arrow: () => ({ plain: true }),
    async: async () => new Service(),
    fail: () => {
      throw new TypeError("host");
    },
    reject: async () => {
      throw new RangeError("host");
    },
    generator: function* () {
      yield new Service();
    },
    apply: (callback, ...args) => callback(...args),
    Service,
    service: new Service(),
    map: new Map([["f", () => 1]]),
    api: { f() {}, data: { a: 1 } },
    bound: (() => {}).bind(null),
    promise: Promise.resolve(new Service()),
  };

  test("lead to no function constructor of the host", async (t) => {
    assert.deepEqual(
      await evaluate(
        t,
        `
      const reached = [];
      const attempts = [];
      const attempt = (where, constructor) => {
        const source = "return typeof process + typeof require + typeof Deno";
        attempts.push((async () => {
          let outcome;
          try { outcome = await constructor(source)(); } catch { return; }
          if (typeof outcome?.next === "function") outcome = (await outcome.next()).value;
          if (outcome !== "undefinedundefinedundefined") reached.push(where + ": " + String(outcome));
        })());
      };
      const chain = (where, value) => {
        for (let at = value, depth = 0; at !== null && at !== undefined && depth < 8; depth++) {
          for (const key of ["constructor", "__proto__"]) {
            let next;
            try { next = at[key]; } catch { continue; }
            if (typeof next === "function") attempt(where + "." + key, next);
            if (typeof next?.constructor === "function") attempt(where + "." + key + ".constructor", next.constructor);
          }
          try { at = Object.getPrototypeOf(at); } catch { break; }
        }
      };
      const caught = (act) => { try { act(); } catch (error) { return error; } };
      const values = { ...env };
      Object.assign(values, {
        result: env.function(), plain: env.arrow(), error: caught(env.fail), made: env.Service.make(),
        rejected: await env.reject().catch((error) => error), awaited: await env.async(), promised: env.async(),
        iterator: env.generator(), yielded: [...env.generator()][0], method: env.service.method,
        later: await env.service.later(),
        each: env.service.each(), call: env.function.call, toString: env.service.toString, inner: env.map.get("f"),
        nested: env.service.value, illegal: caught(() => env.Service()), own: new env.Service(),
        wrong: caught(() => Reflect.apply(env.Service.prototype.later, null, [])),
        descriptor: Object.getOwnPropertyDescriptor(env.Service.prototype, "method")?.value,
        callback: env.apply(function () { return this ?? arguments; }, 1),
        overflow: caught(() => { const f = () => env.apply(f); f(); }),
        deep: caught(() => { const f = () => { f(); }; env.apply(f); }),
      });
      for (const [name, value] of Object.entries(values)) chain(name, value);
      const { Service } = env;
      attempt("construct", (source) => Reflect.construct(Function, [source], Service));
      attempt("newTarget", (source) => Reflect.construct(Function, [source], env.function));
      attempt("sort", (source) => env.apply(Function, source));
      attempt("bind", (source) => env.apply(Function.prototype.call.bind(Function), null, source));
      await Promise.all(attempts);
      return [...new Set(reached)];`,
        { bindings },
      ),
      [],
    );
  });

  test("let nothing be written into the host's own prototypes", async (t) => {
    await evaluate(
      t,
      `
      const targets = [env.function, env.arrow(), env.api, env.api.data, env.map, env.promise, [...env.generator()]];
      for (const target of targets) {
        for (let at = target; at; at = Object.getPrototypeOf(at)) try { at.polluted = "polluted"; } catch {}
        try { target.__proto__.__proto__.polluted = "polluted"; } catch {}
        try { target.constructor.prototype.polluted = "polluted"; } catch {}
      }
      for (const builtin of [Object, Function, Array, Map, Promise, Error]) builtin.prototype.polluted = "polluted";`,
      { bindings },
    );
    for (const value of [{}, () => {}, [], new Map(), Promise.resolve(), new Error()]) {
      assert.equal(value.polluted, undefined);
    }
  });

  test("are not fooled by replaced builtins", async (t) => {
    assert.deepEqual(
      await evaluate(
        t,
        `
      const { apply } = Reflect;
      const captured = [];
      for (const [holder, name] of [[Function.prototype, "call"], [Function.prototype, "apply"], [Reflect, "apply"],
        [Reflect, "construct"], [Reflect, "get"], [Reflect, "ownKeys"], [Map.prototype, "get"], [Map.prototype, "set"],
        [WeakMap.prototype, "get"], [WeakMap.prototype, "set"], [Promise.prototype, "then"],
        [Symbol.prototype, "toString"],
        [Array.prototype, "push"], [Array.prototype, Symbol.iterator], [Object, "defineProperty"]]) {
        const real = holder[name];
        holder[name] = function (...args) {
          captured[captured.length] = this;
          for (let i = 0; i < args.length; i++) captured[captured.length] = args[i];
          return apply(real, this, args);
        };
      }
      env.function(1, {});
      env.api.f();
      await env.async();
      new env.Service().method();
      const host = /\\bop_[a-z_]+|\\bDeno\\b|__bootstrap|primordials/;
      const names = new Set();
      const { length } = captured;
      for (let i = 0; i < length; i++) {
        const value = captured[i];
        if (value === null || (typeof value !== "object" && typeof value !== "function")) continue;
        const keys = Object.getOwnPropertyNames(value);
        for (let k = 0; k < keys.length; k++) if (host.test(keys[k])) names.add(keys[k]);
        if (typeof value === "function" && host.test(value.name)) names.add(value.name);
      }
      return Array.from(names.values());`,
        { bindings },
      ),
      [],
    );
  });
});
