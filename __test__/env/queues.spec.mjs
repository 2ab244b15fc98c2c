// Queues and Workers Sites in the environments for Jest and Vitest: their bindings, and isolated storage.

import { describe } from "node:test";
import assert from "node:assert/strict";
import { jest, suiteOf, write } from "../support/jest.mjs";
import { emptyProject, project } from "../support/project.mjs";
import { within } from "../support/test.mjs";
import { vitest } from "../support/vitest.mjs";

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

describe("a file", () => {
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

describe("a Vitest environment", () => {
  test("has queues and a site, with isolated storage", async (t) => {
    const cwd = project(t, emptyProject(t), ["vitest"]);
    const config = `export default { test: {
      environment: "./node_modules/miniflare-rs/lib/node/vitest.js",
      environmentOptions: ${JSON.stringify(options)},
      include: ["queues.test.mjs"],
    } };`;
    const imports = `import { expect, test } from "vitest";\nconst describe = setupMiniflareIsolatedStorage();\n`;
    const files = { "public/index.html": "home", "vitest.config.mjs": config, "queues.test.mjs": imports + source };
    write(cwd, files);
    const { code, stdout, stderr } = await vitest(cwd, "--reporter=tap-flat");
    assert.equal(code, 0, stdout + stderr);
    assert.equal(stdout.match(/^ok /gm).length, 4, stdout);
  });
});
