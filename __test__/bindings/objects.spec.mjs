// Tags: oracle, every-node
// Live objects across the two heaps: methods, accessors, iteration, reflection.

import { describe } from "node:test";
import assert from "node:assert/strict";
import { evaluate } from "../support/dispatch.mjs";
import { differs } from "../support/miniflare.mjs";
import { test } from "../support/test.mjs";

const withBindings = (t, bindings, body) => evaluate(t, body, { bindings });

describe("an object with functions in bindings", () => {
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

describe("iteration across", () => {
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

describe("reflection on a live object", () => {
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

describe("a Proxy in bindings", () => {
  test("answers for itself, wherever it is", async (t) => {
    const anything = () => new Proxy({ own: 1 }, { get: (target, key) => target[key] ?? `no ${String(key)}` });
    const bindings = { ANY: anything(), NESTED: { deep: [anything()] } };
    assert.deepEqual(await withBindings(t, bindings, "return [env.ANY.own, env.ANY.name, env.NESTED.deep[0].name];"), [
      1,
      "no name",
      "no name",
    ]);
  });
});

describe("what belongs to one V8 alone", () => {
  const EMPTY = Uint8Array.of(0, 97, 115, 109, 1, 0, 0, 0);

  test("is refused when it is bound, with what to do instead", differs("one V8 has it all"), async (t) => {
    await assert.rejects(withBindings(t, { ADD: new WebAssembly.Module(EMPTY) }, "return 1;"), {
      name: "TypeError",
      message: /^A WebAssembly\.Module of Node's cannot enter a worker: name its file in the option wasmBindings/,
    });
    await assert.rejects(withBindings(t, { SHARED: new SharedArrayBuffer(1) }, "return 1;"), {
      name: "TypeError",
      message: /pass an ArrayBuffer instead of a SharedArrayBuffer$/,
    });
  });
});
