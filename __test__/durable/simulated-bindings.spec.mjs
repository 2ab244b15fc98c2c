// In a simulation, calls of every kind of storage end in an order that the seed decides: those of namespaces, buckets, databases,
// queues and the object's own.

import { describe } from "node:test";
import assert from "node:assert/strict";
import { text } from "../support/dispatch.mjs";
import { create } from "../support/miniflare.mjs";
import { test } from "../support/test.mjs";

const CALLS = {
  kv: "env.KV.put(name, name)",
  r2: "env.BUCKET.put(name, name)",
  r2get: "env.BUCKET.get('none')",
  d1: "env.DB.prepare('SELECT 1').all()",
  batch: "env.DB.batch([env.DB.prepare('SELECT 1')])",
  queue: "env.QUEUE.send(name)",
  own: "state.storage.put(name, name)",
};
const script = `export class Thing {
  constructor(state, env) { this.state = state; this.env = env; }
  async fetch(request) {
    const { state, env } = this;
    const name = new URL(request.url).pathname;
    const calls = [${Object.entries(CALLS).map(([call, body]) => `["${call}", () => ${body}]`)}];
    const order = [];
    await Promise.all(calls.map(async ([call, act]) => { await act(); order.push(call); }));
    return new Response(order.join());
  }
}
export default { fetch: (request, { THING }) => THING.get(THING.idFromName("a")).fetch(request) };`;
const options = {
  modules: true,
  script,
  durableObjects: { THING: "Thing" },
  kvNamespaces: ["KV"],
  r2Buckets: ["BUCKET"],
  d1Databases: ["DB"],
  queueBindings: [{ name: "QUEUE", queueName: "q" }],
};

/** In which order the calls of three requests at once end. */
async function ordersOf(t, seed) {
  const mf = create(t, { ...options, simulate: { seed } });
  return Promise.all(["a", "b", "c"].map((name) => text(mf, `http://localhost/${name}`)));
}

describe("a simulation", () => {
  test("orders calls of bindings by its seed", async (t) => {
    const found = new Set();
    for (const seed of [1, 2, 3, 4, 5]) {
      const orders = await ordersOf(t, seed);
      assert.deepEqual(await ordersOf(t, seed), orders, `seed ${seed}`);
      for (const order of orders) {
        assert.deepEqual(order.split(",").sort(), Object.keys(CALLS).sort());
        found.add(order);
      }
    }
    assert.ok(found.size > 5, [...found].join("\n"));
    for (const call of ["r2", "d1", "queue"]) {
      const places = new Set([...found].map((order) => order.split(",").indexOf(call)));
      assert.ok(places.size > 1, `${call} is always at the same place`);
    }
  });
});
