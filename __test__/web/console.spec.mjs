// Tags: oracle, every-node
// Console output of a worker reaches Node's console: every method, every argument, in order.

import { describe } from "node:test";
import assert from "node:assert/strict";
import { create, differs } from "../support/miniflare.mjs";
import { deepEqualOutside, text } from "../support/dispatch.mjs";
import { runScript } from "../support/child.mjs";
import { test } from "../support/test.mjs";

const worker = (t, body, options = {}) =>
  create(t, {
    ...options,
    script: `export default { async fetch(request, env) { ${body}; return new Response("done"); } }`,
  });

/** Replaces the methods of Node's console and keeps what they are called with, in one list. */
function listen(t, ...methods) {
  const calls = [];
  for (const method of methods) t.mock.method(console, method, (...args) => void calls.push([method, ...args]));
  return calls;
}

describe("console", () => {
  test("is a namespace object, as its standard has it", differs("it is Node's"), async (t) => {
    const mf = worker(
      t,
      `const prototype = Object.getPrototypeOf(console);
      const { writable, enumerable, configurable, value } = Object.getOwnPropertyDescriptor(globalThis, "console");
      const methods = Object.entries(Object.getOwnPropertyDescriptors(console)).map(([name, { value, get, ...flags }]) =>
        [name, value.name, value.length, Object.hasOwn(value, "prototype"), ...Object.values(flags)]);
      env.tell(
        [writable, enumerable, configurable, value === console],
        [Reflect.ownKeys(prototype), Object.getPrototypeOf(prototype) === Object.prototype],
        Object.getOwnPropertyDescriptor(console, Symbol.toStringTag),
        [String(console), typeof console.prototype, Reflect.ownKeys(console).length - methods.length],
        methods,
      )`,
      { bindings: { tell: (...given) => void (told = given) } },
    );
    let told;
    await text(mf);
    const [global, prototype, tag, shown, methods] = told;
    assert.deepEqual(global, [true, false, true, true]);
    assert.deepEqual(prototype, [[], true]);
    assert.deepEqual(tag, { value: "console", writable: false, enumerable: false, configurable: true });
    assert.deepEqual(shown, ["[object console]", "undefined", 1]);
    for (const name of ["assert", "count", "dir", "group", "log", "table", "timeEnd", "trace", "warn"]) {
      assert.deepEqual(
        methods.find(([each]) => each === name),
        [name, name, 0, false, true, true, true],
      );
    }
  });

  for (const method of ["log", "debug", "info", "warn", "error"]) {
    test(`.${method} calls Node's console.${method}`, async (t) => {
      const mf = worker(t, `console.${method}("said", 1)`);
      const calls = listen(t, "log", "debug", "info", "warn", "error");
      await text(mf);
      assert.deepEqual(calls, [[method, "said", 1]]);
    });
  }

  test("passes every argument as it is, unformatted", async (t) => {
    const mf = worker(
      t,
      `console.log("%s and %d", "a", 1, { nested: { list: [1, 2] } }, [null, true], 10n,
      new Map([["k", new Date(5)]]), new Uint8Array([1, 2]), undefined)`,
    );
    const calls = listen(t, "log");
    await text(mf);
    deepEqualOutside(calls, [
      [
        "log",
        "%s and %d",
        "a",
        1,
        { nested: { list: [1, 2] } },
        [null, true],
        10n,
        new Map([["k", new Date(5)]]),
        Uint8Array.of(1, 2),
        undefined,
      ],
    ]);
  });

  test("passes errors with message and stack", async (t) => {
    const mf = worker(t, `console.error(new TypeError("shown", { cause: "reason" }))`);
    const calls = listen(t, "error");
    await text(mf);
    const [[, error]] = calls;
    assert.equal(error.name, "TypeError");
    assert.equal(error.message, "shown");
    assert.equal(error.cause, "reason");
    assert.match(error.stack, /<script>:1:/);
  });

  test("prints values that cannot be cloned: functions, classes, instances, cycles", async (t) => {
    const mf = worker(
      t,
      `
      class Point { constructor() { this.x = 1; } }
      const cycle = { name: "cycle" };
      cycle.self = cycle;
      console.log(() => 1, Point, new Point(), cycle, Symbol.for("sign"), new Response("body"))`,
    );
    const calls = listen(t, "log");
    await text(mf);
    const [[, callback, Point, point, cycle, symbol]] = calls;
    assert.equal(callback(), 1);
    assert.equal(Point.name, "Point");
    assert.equal(point.x, 1);
    assert.equal(cycle.self.self.name, "cycle");
    assert.equal(symbol, Symbol.for("sign"));
  });

  test("keeps the order across methods, requests and the host", async (t) => {
    const mf = worker(
      t,
      `
      const name = new URL(request.url).pathname;
      console.log(name, "begins");
      await null;
      env.host("host of " + name);
      console.error(name, "ends")`,
      { bindings: { host: (line) => console.log(line) } },
    );
    const calls = listen(t, "log", "error");
    await text(mf, "http://localhost/a");
    console.log("between");
    await text(mf, "http://localhost/b");
    assert.deepEqual(
      calls.map((call) => call.join(" ")),
      [
        "log /a begins",
        "log host of /a",
        "error /a ends",
        "log between",
        "log /b begins",
        "log host of /b",
        "error /b ends",
      ],
    );
  });

  test("is heard before the response is", async (t) => {
    const mf = worker(t, `for (let n = 0; n < 1000; n++) console.log(n)`);
    const calls = listen(t, "log");
    await mf.dispatchFetch("http://localhost/");
    assert.deepEqual(
      calls.map(([, n]) => n),
      Array.from({ length: 1000 }, (_, n) => n),
    );
  });

  test("works at the top level, in timers and in service workers", async (t) => {
    const calls = listen(t, "log");
    await text(
      create(t, {
        script: `console.log("top");
    addEventListener("fetch", (event) => event.respondWith(new Promise((resolve) => setTimeout(() => {
      console.log("timer");
      resolve(new Response());
    }))));`,
      }),
    );
    assert.deepEqual(calls, [
      ["log", "top"],
      ["log", "timer"],
    ]);
  });

  test("has the other methods of a console", async (t) => {
    const methods = [
      "assert",
      "clear",
      "count",
      "countReset",
      "dir",
      "dirxml",
      "group",
      "groupCollapsed",
      "groupEnd",
      "table",
      "time",
      "timeEnd",
      "timeLog",
      "trace",
    ];
    const mf = worker(
      t,
      `for (const method of ${JSON.stringify(methods)}) {
      if (typeof console[method] !== "function") throw new Error("console." + method + " is missing");
    }
    console.dir({ a: 1 }, { depth: 0 });
    console.table([{ a: 1 }]);
    console.assert(false, "asserted");
    const { log } = console;
    log("torn off")`,
    );
    const calls = listen(t, "dir", "table", "assert", "log");
    await text(mf);
    deepEqualOutside(calls, [
      ["dir", { a: 1 }, { depth: 0 }],
      ["table", [{ a: 1 }]],
      ["assert", false, "asserted"],
      ["log", "torn off"],
    ]);
  });

  test("follows a console that is put in place later", differs("it keeps the console it began with"), async (t) => {
    const mf = worker(t, `console.log("to the new one")`);
    await mf.getBindings();
    const calls = [];
    const original = globalThis.console;
    globalThis.console = { ...original, log: (...args) => void calls.push(args) };
    t.after(() => {
      globalThis.console = original;
    });
    await text(mf);
    globalThis.console = original;
    assert.deepEqual(calls, [["to the new one"]]);
  });

  test("that throws outside throws in the worker", async (t) => {
    const mf = create(t, {
      script: `export default {
      fetch() { try { console.log("x"); } catch ({ message }) { return new Response(message); } }
    }`,
    });
    t.mock.method(console, "log", () => {
      throw new Error("no console today");
    });
    assert.equal(await text(mf), "no console today");
  });

  test("can be replaced by the worker", async (t) => {
    const mf = worker(t, `console.log = () => {}; console.log("unheard")`);
    const calls = listen(t, "log");
    await text(mf);
    assert.deepEqual(calls, []);
  });
});

describe("the output of a process", () => {
  test("has the worker's lines between the host's, on the right stream", async () => {
    const { stdout, stderr, code } = await runScript(`
      const mf = new Miniflare({ modules: true, script: \`export default { fetch() {
        console.log("worker", { a: [1, { b: 2 }] }, "%s");
        console.warn("worker warns");
        return new Response();
      } }\` });
      await mf.getBindings();
      console.log("before");
      await mf.dispatchFetch("http://localhost/");
      console.log("after");
      await mf.dispose();`);
    assert.equal(code, 0, stderr);
    assert.equal(stdout, "before\nworker { a: [ 1, { b: 2 } ] } %s\nafter\n");
    assert.equal(stderr, "worker warns\n");
  });
});
