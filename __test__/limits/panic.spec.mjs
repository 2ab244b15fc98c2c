// A defect in an op of ours ends the worker it happened in, with an error; Node and other workers go on.

import { describe, test } from "node:test";
import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { create } from "../support/miniflare.mjs";
import { text } from "../support/dispatch.mjs";

const require = createRequire(import.meta.url);
const { closeInstance, Lane, openInstance } = require("../../lib/node/internals.js");

describe("a panic in an op", () => {
  test("condemns its lane, and nothing else", async (t) => {
    const neighbour = create(t, { script: `export default { fetch: () => new Response("neighbour") }` });
    assert.equal(await text(neighbour), "neighbour");
    const instance = openInstance();
    const condemned = [];
    const hooks = { warn() {}, unhandled() {}, condemned: (lane) => condemned.push(lane), rooms: [] };
    const lane = new Lane({ cpuLimitMs: 10_000, heapLimitMb: 64 }, instance, hooks);
    assert.throws(() => lane.control.panic("on purpose"), { name: "InstanceError [ERR_PANIC]", code: "ERR_PANIC" });
    assert.deepEqual(condemned, [lane]);
    assert.throws(() => lane.control.bindings(), { code: "ERR_PANIC" });
    closeInstance(instance);
    assert.equal(await text(neighbour), "neighbour");
  });
});
