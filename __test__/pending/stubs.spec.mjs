// Stubs of RPC that code in Node has not disposed of, as `pending()` lists them.

import assert from "node:assert/strict";
import { describe } from "node:test";
import { fileURLToPath } from "node:url";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { create } from "../support/miniflare.mjs";
import { test } from "../support/test.mjs";

const FILE = fileURLToPath(import.meta.url);

const script = `import { RpcTarget, WorkerEntrypoint } from "cloudflare:workers";
class Counter extends RpcTarget {
  #count = 0;
  increment() { return ++this.#count; }
  get self() { return this; }
}
export default class extends WorkerEntrypoint {
  counter() { return new Counter(); }
  pair() { return { one: new Counter(), two: new Counter() }; }
  number() { return 1; }
  call(callback) { return callback(); }
}`;

/** A worker whose instance tracks, and the stubs that it reports. */
async function tracked(t, options = { trackPending: true }) {
  const mf = create(t, { script, ...options });
  return { mf, worker: await mf.getWorker(), stubs: () => mf.pending().stubs };
}

/** The line of this file that calls this function, beside `lines`. */
function lineHere(lines = 0) {
  const [, , caller] = new Error().stack.split("\n");
  return Number(/:(\d+):\d+\)?$/.exec(caller)[1]) + lines;
}

/** Collects, until something that was left before is known to be gone. */
async function collectGarbage() {
  setFlagsFromString("--expose-gc");
  const gc = runInNewContext("gc");
  let isGone = false;
  const registry = new FinalizationRegistry(() => {
    isGone = true;
  });
  registry.register({}, undefined);
  for (let turn = 0; turn < 1000 && !isGone; turn++) {
    gc();
    await new Promise((resolve) => setImmediate(resolve));
  }
  assert.ok(isGone);
}

const dispose = (value) => value[Symbol.dispose]();

describe("a stub in Node that is not disposed of is listed", () => {
  test("with the place of the call that returned it", async (t) => {
    const { worker, stubs } = await tracked(t);
    const line = lineHere(1);
    const counter = await worker.counter();
    const [stub, ...others] = stubs();
    assert.ok(stub.at.startsWith(`${FILE}:${line}:`), stub.at);
    assert.deepEqual(others, []);
    dispose(counter);
    assert.deepEqual(stubs(), []);
  });

  test("with the place of the property that was read", async (t) => {
    const { worker, stubs } = await tracked(t);
    const counter = await worker.counter();
    const line = lineHere(1);
    const self = await counter.self;
    assert.ok(stubs().some(({ at }) => at.startsWith(`${FILE}:${line}:`)));
    dispose(self);
    assert.equal(stubs().length, 1);
    dispose(counter);
  });

  test("with the place of dup()", async (t) => {
    const { worker, stubs } = await tracked(t);
    const counter = await worker.counter();
    const line = lineHere(1);
    const copy = counter.dup();
    dispose(counter);
    const [{ at }, ...others] = stubs();
    assert.ok(at.startsWith(`${FILE}:${line}:`), at);
    assert.deepEqual(others, []);
    dispose(copy);
    assert.deepEqual(stubs(), []);
  });

  test("each of a result, until the result is disposed of", async (t) => {
    const { worker, stubs } = await tracked(t);
    const pair = await worker.pair();
    assert.equal(stubs().length, 2);
    dispose(pair);
    assert.deepEqual(stubs(), []);
  });

  test("also after it was collected", async (t) => {
    const { worker, stubs } = await tracked(t);
    await (async () => void (await (await worker.counter()).increment()))();
    await collectGarbage();
    assert.equal(stubs().length, 1);
  });
});

describe("nothing is listed", () => {
  test("of calls that return data, or pass functions", async (t) => {
    const { worker, stubs } = await tracked(t);
    assert.equal(await worker.number(), 1);
    assert.equal(await worker.call(() => 2), 2);
    assert.deepEqual(stubs(), []);
  });

  test("without the option", async (t) => {
    const { worker, stubs } = await tracked(t, {});
    await worker.counter();
    assert.deepEqual(stubs(), []);
  });

  test("of an instance that has ended", async (t) => {
    const { mf, worker } = await tracked(t);
    await worker.counter();
    assert.equal(mf.pending().stubs.length, 1);
    await mf.dispose();
    const { stubs } = await tracked(t);
    assert.deepEqual(stubs(), []);
  });
});

test("the report as a text names stubs and their places", async (t) => {
  const { mf, worker } = await tracked(t);
  const counter = await worker.counter();
  assert.match(
    String(mf.pending()),
    /^RPC stubs that were not disposed of:\n {2}from a call at .*stubs\.spec\.mjs:\d+:\d+/,
  );
  dispose(counter);
});
