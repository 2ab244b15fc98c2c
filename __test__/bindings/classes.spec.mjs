// Tags: oracle, every-node
// Classes and their instances across the two heaps: methods, private state, identity, extension.

import { describe } from "node:test";
import assert from "node:assert/strict";
import { EventEmitter } from "node:events";
import { create } from "../support/miniflare.mjs";
import { evaluate, text } from "../support/dispatch.mjs";
import { test } from "../support/test.mjs";

const withBindings = (t, bindings, body) => evaluate(t, body, { bindings });

class Counter {
  static made = 0;
  static from(start) {
    return new Counter(start);
  }

  #count;
  label = "own";

  constructor(start = 0) {
    this.#count = start;
    Counter.made++;
  }

  increment(by = 1) {
    this.#count += by;
    return this;
  }

  get count() {
    return this.#count;
  }

  set count(value) {
    this.#count = value;
  }

  async later() {
    await null;
    return this.#count;
  }
}

describe("a class instance in bindings", () => {
  test("has its methods, accessors and private state", async (t) => {
    const counter = new Counter(1);
    assert.deepEqual(
      await withBindings(
        t,
        { counter },
        `
      const before = env.counter.count;
      env.counter.increment().increment(5);
      const after = env.counter.count;
      env.counter.count = 100;
      return [before, after, env.counter.count, await env.counter.later(), typeof env.counter.increment];`,
      ),
      [1, 7, 100, 100, "function"],
    );
    assert.equal(counter.count, 100);
  });

  test("is live: both sides see one state", async (t) => {
    const counter = new Counter();
    const mf = create(t, {
      bindings: { counter },
      script: `export default {
      fetch(request, env) { env.counter.label += "+inside"; return new Response(env.counter.label); }
    }`,
    });
    assert.equal(await text(mf), "own+inside");
    counter.label = "outside";
    assert.equal(await text(mf), "outside+inside");
    assert.equal(counter.label, "outside+inside");
  });

  test("chains: a method that returns this returns the same object", async (t) => {
    assert.deepEqual(
      await withBindings(
        t,
        { counter: new Counter() },
        `
      const { counter } = env;
      return [counter.increment() === counter, counter.increment === counter.increment];`,
      ),
      [true, true],
    );
  });

  test("takes new properties and loses deleted ones", async (t) => {
    const counter = new Counter();
    assert.deepEqual(
      await withBindings(
        t,
        { counter },
        `
      env.counter.added = { by: "worker" };
      delete env.counter.label;
      return [env.counter.added.by, "added" in env.counter, "label" in env.counter, "increment" in env.counter,
        Object.hasOwn(env.counter, "increment"), Object.keys(env.counter)];`,
      ),
      ["worker", true, false, true, false, ["added"]],
    );
    assert.equal(counter.added.by, "worker");
    assert.equal("label" in counter, false);
  });

  test("is what the host gets back", async (t) => {
    const counter = new Counter();
    let came;
    await withBindings(t, { counter, give: (value) => void (came = value) }, "env.give(env.counter);");
    assert.equal(came, counter);
  });

  test("of Node's own libraries works", async (t) => {
    const emitter = new EventEmitter();
    const heard = [];
    emitter.on("said", (...words) => heard.push(words));
    assert.deepEqual(
      await withBindings(
        t,
        { emitter },
        `
      const back = [];
      env.emitter.on("asked", (value) => back.push(value));
      const listened = env.emitter.emit("said", "a", 1);
      env.emitter.emit("asked", 42);
      return [listened, env.emitter.listenerCount("asked"), back];`,
      ),
      [true, 1, [42]],
    );
    assert.deepEqual(heard, [["a", 1]]);
  });
});

describe("a class in bindings", () => {
  test("can be constructed, and knows its instances", async (t) => {
    const made = Counter.made;
    assert.deepEqual(
      await withBindings(
        t,
        { Counter },
        `
      const counter = new env.Counter(5);
      counter.increment();
      return [counter.count, counter instanceof env.Counter, {} instanceof env.Counter, env.Counter.name,
        counter.constructor === env.Counter];`,
      ),
      [6, true, false, "Counter", true],
    );
    assert.equal(Counter.made, made + 1);
  });

  test("has its static members", async (t) => {
    assert.deepEqual(
      await withBindings(
        t,
        { Counter },
        `
      return [env.Counter.from(3).count, typeof env.Counter.made, env.Counter.from(1) instanceof env.Counter];`,
      ),
      [3, "number", true],
    );
  });

  test("cannot be called without new", async (t) => {
    assert.deepEqual(
      await withBindings(
        t,
        { Counter },
        `
      try { env.Counter(); } catch (error) { return [error instanceof TypeError, error.message]; }`,
      ),
      [true, "Class constructor Counter cannot be invoked without 'new'"],
    );
  });

  test("can be extended by the worker", async (t) => {
    assert.deepEqual(
      await withBindings(
        t,
        { Counter },
        `
      class Double extends env.Counter {
        increment(by = 1) { return super.increment(2 * by); }
        get shown() { return "<" + this.count + ">"; }
      }
      const double = new Double(10);
      double.increment();
      return [double.count, double.shown, double instanceof Double, double instanceof env.Counter];`,
      ),
      [12, "<12>", true, true],
    );
  });

  test("knows the errors of its own that functions throw, and what they can do", async (t) => {
    class QuotaError extends Error {
      #left = 3;
      get left() {
        return this.#left;
      }
      take() {
        this.#left--;
        return this;
      }
    }
    const fail = () => {
      throw new QuotaError("too much");
    };
    const seen = await withBindings(
      t,
      { QuotaError, Counter, fail, isQuota: (error) => error instanceof QuotaError },
      `
      class Stricter extends env.QuotaError {}
      try { env.fail(); } catch (error) {
        return [error instanceof env.QuotaError, error instanceof Error, error instanceof env.Counter, error instanceof Stricter,
          error.take().left, error.left, env.isQuota(error), new Error("own") instanceof env.QuotaError, Object.keys(error)];
      }`,
    );
    assert.deepEqual(seen, [true, true, false, false, 2, 2, true, false, []]);
  });

  test("of the worker can be constructed outside", async (t) => {
    let Point;
    await withBindings(
      t,
      { give: (value) => void (Point = value) },
      `
      env.give(class Point {
        #x;
        constructor(x) { this.#x = x; }
        get x() { return this.#x; }
        plus(other) { return new Point(this.#x + other.x); }
        static origin = "zero";
      });`,
    );
    const point = new Point(2);
    assert.equal(point.x, 2);
    assert.equal(point.plus(new Point(3)).x, 5);
    assert.ok(point instanceof Point);
    assert.equal(Point.origin, "zero");
    assert.equal(Point.name, "Point");
  });
});
