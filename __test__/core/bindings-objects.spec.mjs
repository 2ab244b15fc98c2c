// Classes and live objects across the two heaps: methods, state, identity, prototypes, iteration, reflection.

import { describe, test } from "node:test";
import assert from "node:assert/strict";
import { EventEmitter } from "node:events";
import { create } from "../support/miniflare.mjs";
import { evaluate, text } from "../support/dispatch.mjs";

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

describe("a class instance in bindings", { timeout: 60_000 }, () => {
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

describe("a class in bindings", { timeout: 60_000 }, () => {
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

describe("an object with functions in bindings", { timeout: 60_000 }, () => {
  test("is called with itself as this and keeps its state", async (t) => {
    const api = {
      total: 0,
      add(by) {
        this.total += by;
        return this.total;
      },
      nested: { double: (n) => 2 * n },
    };
    assert.deepEqual(
      await withBindings(
        t,
        { api },
        `
      env.api.add(2);
      env.api.add(3);
      return [env.api.total, env.api.nested.double(4), Object.keys(env.api)];`,
      ),
      [5, 8, ["total", "add", "nested"]],
    );
    assert.equal(api.total, 5);
  });

  test("has accessors that run on their own side", async (t) => {
    let reads = 0;
    const api = {
      get reads() {
        return ++reads;
      },
      touch() {},
    };
    assert.deepEqual(await withBindings(t, { api }, "return [env.api.reads, env.api.reads];"), [1, 2]);
    assert.equal(reads, 2);
  });

  test("in a list or a map works as well", async (t) => {
    const handlers = [(n) => n + 1, (n) => n * 10];
    const table = new Map([["inc", handlers[0]]]);
    assert.deepEqual(
      await withBindings(
        t,
        { handlers, table },
        `
      return [env.handlers.map((handler) => handler(2)), env.handlers.length, env.table.get("inc")(5)];`,
      ),
      [[3, 20], 2, 6],
    );
  });
});

describe("iteration across", { timeout: 60_000 }, () => {
  test("goes through generators and iterable objects", async (t) => {
    function* numbers(limit) {
      for (let n = 0; n < limit; n++) yield n;
    }
    class Pages {
      *[Symbol.iterator]() {
        yield "first";
        yield "second";
      }
    }
    assert.deepEqual(
      await withBindings(
        t,
        { numbers, pages: new Pages() },
        `
      return [[...env.numbers(3)], [...env.pages], Array.from(env.pages, (page) => page.length)];`,
      ),
      [
        [0, 1, 2],
        ["first", "second"],
        [5, 6],
      ],
    );
  });

  test("goes through asynchronous generators", async (t) => {
    async function* pages() {
      yield { page: 1 };
      await null;
      yield { page: 2 };
    }
    assert.deepEqual(
      await withBindings(
        t,
        { pages },
        `
      const seen = [];
      for await (const { page } of env.pages()) seen.push(page);
      return seen;`,
      ),
      [1, 2],
    );
  });

  test("ends a generator that is left early", async (t) => {
    let ended = false;
    function* endless() {
      try {
        while (true) yield 1;
      } finally {
        ended = true;
      }
    }
    await withBindings(t, { endless }, "for (const one of env.endless()) break;");
    assert.equal(ended, true);
  });
});

describe("reflection on a live object", { timeout: 60_000 }, () => {
  test("sees descriptors, keys and symbols", async (t) => {
    const key = Symbol.for("shared key");
    const object = Object.defineProperty({ f() {}, [key]: "by symbol" }, "hidden", { value: 1, enumerable: false });
    assert.deepEqual(
      await withBindings(
        t,
        { object },
        `
      const { object } = env;
      const descriptor = Object.getOwnPropertyDescriptor(object, "hidden");
      return [Object.keys(object), Object.getOwnPropertyNames(object), object[Symbol.for("shared key")],
        [descriptor.value, descriptor.enumerable], JSON.stringify({ ...object }), object.missing === undefined];`,
      ),
      [["f"], ["f", "hidden"], "by symbol", [1, false], "{}", true],
    );
  });

  test("finds frozen objects frozen", async (t) => {
    const frozen = Object.freeze({ f: () => 1, value: 2 });
    assert.deepEqual(
      await withBindings(
        t,
        { frozen },
        `
      "use strict";
      try { env.frozen.value = 3; } catch (error) { return [error instanceof TypeError, env.frozen.value]; }`,
      ),
      [true, 2],
    );
  });

  test("uses its conversion methods", async (t) => {
    class Money {
      constructor(cents) {
        this.cents = cents;
      }
      toString() {
        return `${this.cents / 100} EUR`;
      }
      valueOf() {
        return this.cents;
      }
      toJSON() {
        return { cents: this.cents };
      }
    }
    assert.deepEqual(
      await withBindings(
        t,
        { money: new Money(250) },
        `
      return [String(env.money), env.money + 1, JSON.stringify(env.money)];`,
      ),
      ["2.5 EUR", 251, `{"cents":250}`],
    );
  });
});
