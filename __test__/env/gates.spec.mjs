// Tags: oracle
// `runWithMiniflareDurableObjectGates()` with a state that a test has constructed.

import { describe } from "node:test";
import assert from "node:assert/strict";
import { jest, suiteOf } from "../support/jest.mjs";
import { differs } from "../support/miniflare.mjs";
import { within } from "../support/test.mjs";

const test = within(200_000);

const SOURCE = `
  const { DurableObjectState, DurableObjectStorage } = require("miniflare-rs/durable-objects");
  const { MemoryStorage } = require("miniflare-rs/storage-memory");

  class Counter {
    constructor(state) {
      this.storage = state.storage;
    }
    async fetch() {
      const count = (await this.storage.get("count")) ?? 0;
      this.storage.put("count", count + 1);
      return new Response(String(count));
    }
  }
  const stateOf = () => new DurableObjectState("a", new DurableObjectStorage(new MemoryStorage()));
  const run = (state, work) => runWithMiniflareDurableObjectGates(state, work);

  test("events follow each other", async () => {
    const state = stateOf();
    const counter = new Counter(state);
    const responses = await Promise.all([1, 2, 3].map(() => run(state, () => counter.fetch())));
    expect(await Promise.all(responses.map((response) => response.text()))).toStrictEqual(["0", "1", "2"]);
    expect(await state.storage.get("count")).toBe(3);
  });

  test("an event waits for a closure", async () => {
    const state = stateOf();
    const order = [];
    const { promise, resolve } = withResolvers();
    const closure = state.blockConcurrencyWhile(async () => {
      await promise;
      order.push("closure");
    });
    const event = run(state, () => order.push("event"));
    resolve();
    await Promise.all([closure, event]);
    expect(order).toStrictEqual(["closure", "event"]);
  });

  test("errors of the event are the caller's", async () => {
    await expect(run(stateOf(), () => Promise.reject(new TypeError("failed")))).rejects.toThrow(new TypeError("failed"));
  });

  test("a value that is not a state is refused", async () => {
    await expect(run({ storage: {} }, () => {})).rejects.toThrow(/takes a state that .* or the test has constructed, got/);
  });

  function withResolvers() {
    const made = {};
    made.promise = new Promise((resolve) => Object.assign(made, { resolve }));
    return made;
  }`;

describe("a state that a test constructs", differs("it is a package of its own there"), () => {
  test("has gates for runWithMiniflareDurableObjectGates()", async (t) => {
    const { code, result, messages, stderr } = await jest(suiteOf(t, { source: SOURCE }), "--runInBand");
    assert.equal(code, 0, messages + stderr);
    assert.equal(result.numPassedTests, 4, messages);
  });
});
