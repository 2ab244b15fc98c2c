// Tags: oracle, every-node
// Timers, events, exceptions and cloning in a worker.

import { describe } from "node:test";
import assert from "node:assert/strict";
import { differs } from "../support/miniflare.mjs";
import { CAUGHT, evaluate } from "../support/dispatch.mjs";
import { test } from "../support/test.mjs";

const caught = (statement) =>
  `try { ${statement}; return "nothing thrown"; } catch ({ name, message }) { return [name, message]; }`;

describe("timers", () => {
  test("run in the order of their delays, with their arguments", async (t) => {
    assert.deepEqual(
      await evaluate(
        t,
        `
      const order = [];
      await new Promise((resolve) => {
        setTimeout((...args) => { order.push(...args); resolve(); }, 30, "late", 1);
        setTimeout(() => order.push("soon"), 1);
        clearTimeout(setTimeout(() => order.push("never"), 10));
        queueMicrotask(() => order.push("microtask"));
        order.push("now");
      });
      return order;`,
      ),
      ["now", "microtask", "soon", "late", 1],
    );
  });

  test("repeat until they are cleared", async (t) => {
    assert.equal(
      await evaluate(
        t,
        `
      let count = 0;
      await new Promise((resolve) => {
        const interval = setInterval(() => { if (++count === 3) { clearInterval(interval); resolve(); } }, 1);
      });
      await new Promise((resolve) => setTimeout(resolve, 10));
      return count;`,
      ),
      3,
    );
  });

  test("do not run before their time", async (t) => {
    const start = performance.now();
    await evaluate(t, "await new Promise((resolve) => setTimeout(resolve, 50));");
    assert.ok(performance.now() - start >= 49);
  });

  test("ignore a value that is not a timer", async (t) => {
    assert.equal(
      await evaluate(t, `clearTimeout(undefined); clearInterval(null); clearTimeout(12345); return "fine";`),
      "fine",
    );
  });

  test("refuse a callback that is not a function", async (t) => {
    assert.equal((await evaluate(t, caught("setTimeout()")))[0], "TypeError");
  });

  test("refuse code", differs("it is refused when the time has come"), async (t) => {
    assert.equal((await evaluate(t, caught("setInterval('code')")))[0], "TypeError");
  });

  test("of the scheduler wait, and can be aborted", async (t) => {
    assert.deepEqual(
      await evaluate(
        t,
        `
      const controller = new AbortController();
      const { signal } = controller;
      const waiting = scheduler.wait(60_000, { signal }).catch(({ name, message }) => [name, message]);
      controller.abort();
      return [await scheduler.wait(1) === undefined, await waiting];`,
      ),
      [true, ["AbortError", "The operation was aborted"]],
    );
    assert.deepEqual(await evaluate(t, caught("scheduler.wait()")), [
      "TypeError",
      "Failed to execute 'wait' on 'Scheduler': parameter 1 is not of type 'integer'.",
    ]);
  });

  test("abort signals", async (t) => {
    assert.equal(
      await evaluate(
        t,
        `
      const signal = AbortSignal.timeout(1);
      await new Promise((resolve) => signal.addEventListener("abort", resolve));
      return signal.aborted;`,
      ),
      true,
    );
    assert.deepEqual(await evaluate(t, caught("AbortSignal.timeout()")), [
      "TypeError",
      "Failed to execute 'timeout' on 'AbortSignal': parameter 1 is not of type 'integer'.",
    ]);
  });
});

describe("events", () => {
  test("are dispatched to listeners of any target", async (t) => {
    assert.deepEqual(
      await evaluate(
        t,
        `
      const seen = [];
      class Target extends EventTarget {}
      const target = new Target();
      target.addEventListener("x", (event) => seen.push(event.type, event.target === target, event.cancelable));
      target.addEventListener("x", { handleEvent: (event) => event.preventDefault() }, { once: true });
      const results = [1, 2].map(() => target.dispatchEvent(new Event("x", { cancelable: true })));
      return [seen, results];`,
      ),
      [
        ["x", true, true, "x", true, true],
        [false, true],
      ],
    );
  });

  test("abort what listens to a signal", async (t) => {
    assert.deepEqual(
      await evaluate(
        t,
        `
      const controller = new AbortController();
      const reasons = [];
      controller.signal.addEventListener("abort", () => reasons.push(controller.signal.reason.message));
      controller.abort(new Error("enough"));
      controller.abort(new Error("again"));
      try { controller.signal.throwIfAborted(); } catch ({ message }) { reasons.push(message); }
      return [reasons, controller.signal.aborted, AbortSignal.abort().reason.name];`,
      ),
      [["enough", "enough"], true, "AbortError"],
    );
  });

  test("of the scope can be custom ones", differs("dispatchEvent fails on the scope"), async (t) => {
    assert.equal(
      await evaluate(
        t,
        `
      let seen;
      addEventListener("custom", (event) => { seen = event.type; });
      dispatchEvent(new Event("custom"));
      return seen;`,
      ),
      "custom",
    );
  });
});

describe("DOMException", () => {
  test("has name, message, code and constants", async (t) => {
    assert.deepEqual(
      await evaluate(
        t,
        `
      const error = new DOMException("message", "NotSupportedError");
      return [error.name, error.message, error.code, error instanceof Error, DOMException.ABORT_ERR,
        new DOMException().name];`,
      ),
      ["NotSupportedError", "message", 9, true, 20, "Error"],
    );
  });
});

describe("structuredClone", () => {
  test("copies deeply what can be copied", async (t) => {
    assert.deepEqual(
      await evaluate(
        t,
        `
      const map = new Map([[1, { a: new Date(5) }]]);
      const original = { map, set: new Set(["x"]), bytes: new Uint8Array([1]), re: /x/g };
      original.self = original;
      const copy = structuredClone(original);
      return [copy !== original, copy.self === copy, copy.map.get(1).a.getTime(), copy.set.has("x"), copy.bytes[0],
        copy.re.flags, copy instanceof Object, copy.map instanceof Map];`,
      ),
      [true, true, 5, true, 1, "g", true, true],
    );
  });

  test("gives objects of the worker's own realm", differs("copies belong to Node's realm"), async (t) => {
    assert.equal(await evaluate(t, "return structuredClone({}).constructor === Object;"), true);
  });

  test("moves buffers that are transferred", async (t) => {
    assert.deepEqual(
      await evaluate(
        t,
        `
      const bytes = new Uint8Array([1, 2, 3]);
      const copy = structuredClone({ bytes }, { transfer: [bytes.buffer] });
      return [bytes.length, [...copy.bytes]];`,
      ),
      [0, [1, 2, 3]],
    );
  });

  test("refuses to move a value that is not a buffer", differs("Node throws a TypeError"), async (t) => {
    assert.equal((await evaluate(t, caught("structuredClone(1, { transfer: [{}] })")))[0], "DataCloneError");
  });

  test("refuses objects of the platform that have no clone", async (t) => {
    const objects = [
      "crypto",
      "crypto.subtle",
      "new AbortController()",
      "new (class extends EventTarget {})()",
      "new TextEncoder()",
      "new FormData()",
      "request",
      "navigator",
      "performance",
      "globalThis",
    ];
    const names = `[${objects.map((object) => `[${JSON.stringify(object)}, () => structuredClone(${object})]`)}]`;
    assert.deepEqual(
      await evaluate(t, `${CAUGHT} return ${names}.map(([name, act]) => [name, caught(act)[0]]);`),
      objects.map((object) => [object, "DataCloneError"]),
    );
  });

  test("refuses to transfer streams", differs("a stream is transferred"), async (t) => {
    for (const made of ["new ReadableStream()", "new IdentityTransformStream().writable", "new TransformStream()"]) {
      const act = `const stream = ${made}; return caught(() => structuredClone({ stream }, { transfer: [stream] }));`;
      assert.deepEqual(await evaluate(t, CAUGHT + act), [
        "DataCloneError",
        "Failed to execute 'structuredClone': a value that is no ArrayBuffer cannot be transferred.",
      ]);
    }
  });

  test("refuses functions, naming them", async (t) => {
    assert.deepEqual(await evaluate(t, caught("structuredClone(() => 1)")), [
      "DataCloneError",
      "() => 1 could not be cloned.",
    ]);
  });
});
