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
    queueBindings: [{ name: "QUEUE", queueName: "queue" }],
    queueConsumers: ["queue"],
    sitePath: "public",
  };

  test("is warned of", async (t) => {
    const log = new RecordingLog(LogLevel.WARN);
    await json(create(t, { script: calls("1"), log, ...options }));
    assert.deepEqual(log.having("[mf:wrn] "), [
      'miniflare-rs has no Queues: the option "queueBindings" has no effect.',
      'miniflare-rs has no Queues: the option "queueConsumers" has no effect.',
      'miniflare-rs has no Workers Sites: the option "sitePath" has no effect.',
    ]);
  });

  test("gives bindings that say what is missing when they are used", async (t) => {
    const used = {
      "env.QUEUE.send(1)": ["Queues", "queueBindings", "QUEUE.send"],
      'env.__STATIC_CONTENT.get("index.html")': ["Workers Sites", "sitePath", "__STATIC_CONTENT.get"],
    };
    for (const [expression, [feature, option, method]] of Object.entries(used)) {
      const text = `miniflare-rs has no ${feature}: the option "${option}" has no effect, so ${method}() cannot be called.`;
      assert.deepEqual(await json(create(t, { script: calls(expression), ...options })), ["Error", text]);
    }
  });

  test("lets bindings of the same name stand in its place", async (t) => {
    const __STATIC_CONTENT = { get: (key) => `mock of ${key}` };
    const script = `export default { fetch: async (request, env) => Response.json(await env.__STATIC_CONTENT.get("key")) };`;
    assert.equal(await json(create(t, { script, sitePath: "public", bindings: { __STATIC_CONTENT } })), "mock of key");
  });

  test("that names nothing is fine", async (t) => {
    const log = new RecordingLog(LogLevel.WARN);
    await json(create(t, { script: calls("1"), log, d1Databases: [], queueConsumers: [] }));
    assert.deepEqual(log.lines, []);
  });
});
