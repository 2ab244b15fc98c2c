// Queues and Workers Sites in a Jest environment: their bindings, and isolated storage.

import { describe } from "node:test";
import assert from "node:assert/strict";
import { jest, suiteOf } from "../support/jest.mjs";
import { within } from "../support/test.mjs";

const test = within(200_000);

const script = `export default {
  async queue(batch, env) {
    for (const { id, body } of batch.messages) await env.KV.put(id, JSON.stringify(body));
  },
};`;
const options = {
  modules: true,
  script,
  kvNamespaces: ["KV"],
  queueBindings: [
    { name: "QUEUE", queueName: "q" },
    { name: "UNUSED", queueName: "unused" },
  ],
  queueConsumers: [{ queueName: "q", maxBatchSize: 1 }],
  sitePath: "public",
};

const source = `
const { KV, QUEUE, UNUSED, __STATIC_CONTENT, __STATIC_CONTENT_MANIFEST } = getMiniflareBindings();

async function delivered(id) {
  for (;;) {
    const body = await KV.get(id, "json");
    if (body !== null) return body;
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}

for (const round of [1, 2]) {
  test("delivers to the worker, from the same state each time: " + round, async () => {
    expect(await KV.get("q-0")).toBe(null);
    expect((await UNUSED.metrics()).backlogCount).toBe(0);
    await UNUSED.send("kept for this test");
    await QUEUE.send({ date: new Date(round) });
    expect(await delivered("q-0")).toEqual({ date: new Date(round).toJSON() });
  });
}

test("has the files of a site", async () => {
  expect(await __STATIC_CONTENT.get("index.html")).toBe("home");
  expect(JSON.parse(__STATIC_CONTENT_MANIFEST)).toEqual({ "index.html": "$__MINIFLARE_SITES__$/index.html" });
});

test("refuses what cannot be cloned", async () => {
  await expect(QUEUE.send(undefined)).rejects.toThrow(new TypeError("Message body cannot be undefined"));
});
`;

describe("a Jest environment", () => {
  test("has queues and a site, with isolated storage", async (t) => {
    const cwd = suiteOf(t, { source, options, files: { "public/index.html": "home" } });
    const { code, messages, result, stderr } = await jest(cwd, "--runInBand");
    assert.equal(messages, "", messages);
    assert.deepEqual([code, result.numPassedTests], [0, 4], stderr);
  });
});
