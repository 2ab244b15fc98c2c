// Calls between the workers of an instance: their order, their ends when a worker ends, and what else goes on meanwhile.

import assert from "node:assert/strict";
import { describe } from "node:test";
import { create } from "../support/miniflare.mjs";
import { json, rejection, text } from "../support/dispatch.mjs";
import { test } from "../support/test.mjs";

const OTHER = `
  import { DurableObject, RpcTarget, WorkerEntrypoint } from "cloudflare:workers";
  class Counter extends RpcTarget { #n = 0; add(by) { return (this.#n += by); } }
  const order = [];
  let isStopped = false;
  export class Far extends DurableObject {
    ownName() { return this.ctx.id.name; }
    async sleep(ms) { await new Promise((resolve) => setTimeout(resolve, ms)); return "slept"; }
  }
  export default class extends WorkerEntrypoint {
    echo(value) { return value; }
    note(n) { order.push(n); return order; }
    counter() { return new Counter(); }
    text(stream) { return new Response(stream).text(); }
    objects() { return new ReadableStream({ start(controller) { controller.enqueue({ a: 1 }); controller.close(); } }); }
    never() { return new Promise(() => {}); }
    spin() { for (;;); }
    call(f, x) { return f(x); }
    back(n) { return this.env.MAIN.down(n); }
    stop() { isStopped = true; }
    isStopped() { return isStopped; }
    plain() { return new (class Plain {})(); }
    locked() { const stream = new Response("a").body; stream.getReader(); return { stream }; }
    async sleep(ms) { await new Promise((resolve) => setTimeout(resolve, ms)); return "slept"; }
    async fails() { await null; throw Object.assign(new RangeError("far"), { code: 7, cause: new TypeError("cause") }); }
  }`;
const MAIN = `
  import { WorkerEntrypoint } from "cloudflare:workers";
  const cases = {
    async values({ OTHER }) {
      const data = [
        [], [1, "a", true, null, undefined, 5n, -0], { a: { b: [1] } }, new Map([[1, new Set([2])]]), new Uint8Array(70000),
        Array.from({ length: 100 }, (_, index) => ({ index })), "\\u4e2d".repeat(5000), new Date(5), [[["deep"]]], "", 0,
      ];
      const results = await Promise.all(data.map((one) => OTHER.echo(one)));
      const show = (value) => JSON.stringify(value, (_, one) =>
        typeof one === "bigint" ? one + "n" : one instanceof Map || one instanceof Set ? [...one] : ArrayBuffer.isView(one) ? one.length : one === undefined ? "undefined" : Object.is(one, -0) ? "-0" : one);
      return data.map((one, index) => show(one) === show(results[index]) && (typeof one !== "object" || one !== results[index]));
    },
    async holding({ OTHER }) {
      const counter = await OTHER.counter();
      return [await OTHER.call((x) => x + 1, 1), await counter.add(2), await OTHER.echo(counter).add(3), await OTHER.counter().add(1)];
    },
    async order({ OTHER }) {
      await Promise.all([1, 2, 3, 4, 5].map((n) => OTHER.note(n)));
      return OTHER.note(6);
    },
    async errors({ OTHER }) {
      const shown = ({ name, message, remote, code, cause }) => [name, message, remote, code, cause?.message];
      const calls = [OTHER.fails(), OTHER.plain(), OTHER.locked(), OTHER.missing(), OTHER.echo.x.y()];
      return (await Promise.allSettled(calls)).map(({ reason }) => reason && shown(reason));
    },
    async chunks({ OTHER }) {
      const of = (chunk) => new ReadableStream({ start(controller) { controller.enqueue(chunk); controller.close(); } });
      const shown = (call) => call.catch(({ name, message }) => [name, message]);
      const read = async (stream) => (await new Response(await stream).text());
      return [
        await shown(OTHER.text(of(new TextEncoder().encode("bytes")))), await shown(OTHER.text(of("text"))),
        await shown(OTHER.text(of({ a: 1 }))), await shown(read(OTHER.objects())),
      ];
    },
    recursion: ({ OTHER }) => OTHER.back(3),
    tooDeep: ({ OTHER }) => OTHER.back(1e9).catch(({ message }) => message.split(".")[0]),
    never: ({ OTHER }) => OTHER.never(),
    spin: ({ OTHER }) => OTHER.spin().catch((error) => [error.name, error.code, error.message]),
    spinAndGo: async ({ OTHER }) => [await OTHER.spin().catch(({ code }) => code), await OTHER.echo("again")],
    spinAndOrder: async ({ OTHER }) => [await OTHER.spin().catch(({ code }) => code), await cases.order({ OTHER })],
    async loop({ OTHER }) { let calls = 0; while (!(await OTHER.isStopped())) calls++; return calls > 0; },
    sleep: ({ OTHER, FAR }) => Promise.all([OTHER.sleep(60_000), FAR.getByName("a").sleep(120_000)]),
    object: ({ FAR }) => FAR.getByName("named").ownName(),
    missing: ({ MISSING }) => MISSING.echo(1).catch(({ name, message }) => name + message),
    node: ({ NODE }) => NODE.echo(1).catch(({ name, message }) => [name, message]),
  };
  export default class extends WorkerEntrypoint {
    down(n) { return n === 0 ? "bottom" : this.env.OTHER.back(n - 1); }
    async fetch(request) {
      return Response.json((await cases[new URL(request.url).pathname.slice(1)](this.env)) ?? null);
    }
  }`;

const open = (t, options = {}, other = {}) =>
  create(t, {
    name: "main",
    modules: true,
    script: MAIN,
    serviceBindings: { OTHER: "other", NODE: () => new Response("") },
    durableObjects: { FAR: { className: "Far", scriptName: "other" } },
    mounts: {
      other: {
        modules: true,
        script: OTHER,
        durableObjects: { FAR: "Far" },
        serviceBindings: { MAIN: "main" },
        ...other,
      },
    },
    ...options,
  });
const ask = (mf, name) => json(mf, `http://localhost/${name}`);

describe("calls between workers", () => {
  test("pass values of all kinds, as copies", async (t) => {
    const results = await ask(open(t), "values");
    assert.equal(results.length, 11);
    assert.ok(results.every(Boolean), JSON.stringify(results));
  });

  test("pass what refers to something of either worker", async (t) => {
    assert.deepEqual(await ask(open(t), "holding"), [2, 2, 5, 1]);
  });

  test("arrive in the order in which they were made", async (t) => {
    const mf = open(t);
    assert.deepEqual(await ask(mf, "order"), [1, 2, 3, 4, 5, 6]);
  });

  test("arrive in order while the other worker is being loaded", async (t) => {
    const mf = open(t, {}, { cpuLimitMs: 50 });
    assert.deepEqual(await ask(mf, "spinAndOrder"), ["ERR_CPU_LIMIT", [1, 2, 3, 4, 5, 6]]);
  });

  test("reject with errors of their classes, also for results that cannot be passed", async (t) => {
    const [fails, plain, locked, missing, walked] = await ask(open(t), "errors");
    assert.deepEqual(fails, ["RangeError", "far", true, 7, "cause"]);
    assert.deepEqual(plain.slice(0, 3), [
      "DataCloneError",
      'Could not serialize object of type "Plain". This type does not support serialization.',
      true,
    ]);
    assert.deepEqual([locked[0], locked[2]], ["TypeError", true]);
    assert.equal(missing[1], 'The RPC receiver does not implement the method "missing".');
    assert.equal(walked[1], 'The RPC receiver does not implement the method "x".');
  });

  test("pass streams of bytes, and of nothing else", async (t) => {
    const error = [
      "TypeError",
      "This TransformStream is being used as a byte stream, but received an object of non-ArrayBuffer/ArrayBufferView type on its writable side.",
    ];
    assert.deepEqual(await ask(open(t), "chunks"), ["bytes", error, error, error]);
  });

  test("reach objects, by the names of their ids", async (t) => {
    assert.equal(await ask(open(t), "object"), "named");
  });

  test("may call back, up to a depth", async (t) => {
    const mf = open(t);
    assert.equal(await ask(mf, "recursion"), "bottom");
    assert.equal(await ask(mf, "tooDeep"), "Subrequest depth limit exceeded");
  });

  test("of a binding that stands for a function in Node are refused", async (t) => {
    const [name, message] = await ask(open(t), "node");
    assert.equal(name, "TypeError");
    assert.match(message, /service binding "NODE" stands for a function in Node, which has `fetch` alone\.$/);
  });

  test("leave Node's loop its turns", async (t) => {
    const mf = open(t);
    await mf.dispatchFetch("http://localhost/order");
    const other = await mf.getWorker("other");
    setTimeout(() => other.stop(), 50);
    assert.equal(await ask(mf, "loop"), true);
  });

  test("are waited for by a clock that is steered", async (t) => {
    const mf = open(t);
    await mf.clock.set(0);
    const slept = ask(mf, "sleep");
    await mf.clock.advance(120_000);
    assert.deepEqual(await slept, ["slept", "slept"]);
  });
});

describe("a call that is pending", () => {
  test("rejects when its worker is stopped, which is loaded again for the next", async (t) => {
    const mf = open(t, {}, { cpuLimitMs: 50 });
    const [name, code, message] = await ask(mf, "spin");
    assert.match(name, /^InstanceError/);
    assert.equal(code, "ERR_CPU_LIMIT");
    assert.match(message, /exceeded its CPU limit/);
    assert.deepEqual(await ask(mf, "spinAndGo"), ["ERR_CPU_LIMIT", "again"]);
  });

  test("ends with the instance", async (t) => {
    const mf = open(t);
    await ask(mf, "object");
    const error = rejection(ask(mf, "never"));
    await text(mf, "http://localhost/object");
    await mf.dispose();
    assert.equal((await error).code, "ERR_DISPOSED");
  });
});
