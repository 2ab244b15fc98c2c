// Tags: every-node
// Options of Miniflare 2 for what is not here: they are warned of, and their bindings say what is missing.

import assert from "node:assert/strict";
import { describe } from "node:test";
import { CAUGHT, json } from "../support/dispatch.mjs";
import { RecordingLog } from "../support/log.mjs";
import { create, LogLevel } from "../support/miniflare.mjs";
import { test } from "../support/test.mjs";

const calls = (expression) =>
  `${CAUGHT} export default { async fetch(request, env) { return Response.json(await caught(() => ${expression})); } };`;

describe("an option for what is not here", () => {
  const options = {
    r2Buckets: ["BUCKET"],
    d1Databases: ["DB"],
  };

  test("is warned of", async (t) => {
    const log = new RecordingLog(LogLevel.WARN);
    await json(create(t, { script: calls("1"), log, ...options }));
    assert.deepEqual(log.having("[mf:wrn] "), [
      'miniflare-rs has no R2: the option "r2Buckets" has no effect.',
      'miniflare-rs has no D1: the option "d1Databases" has no effect.',
    ]);
  });

  test("gives bindings that say what is missing when they are used", async (t) => {
    const used = {
      'env.BUCKET.get("key")': ["R2", "r2Buckets", "BUCKET.get"],
      'env.DB.prepare("SELECT 1")': ["D1", "d1Databases", "DB.prepare"],
    };
    for (const [expression, [feature, option, method]] of Object.entries(used)) {
      const text = `miniflare-rs has no ${feature}: the option "${option}" has no effect, so ${method}() cannot be called.`;
      assert.deepEqual(await json(create(t, { script: calls(expression), ...options })), ["Error", text]);
    }
  });

  test("lets bindings of the same name stand in its place", async (t) => {
    const BUCKET = { get: (key) => `mock of ${key}` };
    const script = `export default { fetch: async (request, env) => Response.json(await env.BUCKET.get("key")) };`;
    assert.equal(await json(create(t, { script, r2Buckets: ["BUCKET"], bindings: { BUCKET } })), "mock of key");
  });

  test("that names nothing is fine", async (t) => {
    const log = new RecordingLog(LogLevel.WARN);
    await json(create(t, { script: calls("1"), log, r2Buckets: [], d1Databases: [] }));
    assert.deepEqual(log.lines, []);
  });
});
