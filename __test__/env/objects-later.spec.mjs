// Tags: oracle
// When an environment runs the script of its Durable Objects: with the first test file of a process, so that what is wrong
// with it fails the file, and in those that follow when a test first uses an object.

import { describe } from "node:test";
import assert from "node:assert/strict";
import { jest, suiteOf } from "../support/jest.mjs";
import { differs } from "../support/miniflare.mjs";
import { within } from "../support/test.mjs";

const test = within(200_000);

/** A script that says so when it runs, and that a test can break. */
const SCRIPT = `
  console.log("the script runs");
  if (typeof BREAKS !== "undefined") throw new Error("broken by the test");
  export class Box {
    constructor(state) { this.storage = state.storage; }
    async fetch() {
      const count = ((await this.storage.get("count")) ?? 0) + 1;
      await this.storage.put("count", count);
      return new Response(String(count));
    }
  }
  export default {};`;
const OPTIONS = { modules: true, script: SCRIPT, kvNamespaces: ["KV"], durableObjects: { BOX: "Box" } };

/** Jest runs the files in the order of their names. */
const SEQUENCER = `module.exports = class {
  sort(tests) { return [...tests].sort((one, other) => (one.path < other.path ? -1 : 1)); }
  shard(tests) { return tests; }
  allFailedTests(tests) { return tests; }
  cacheResults() {}
};`;

/** Runs test files in one process, by their letters: what became of them, and how often the script ran. */
async function runAll(t, files, options = OPTIONS) {
  const named = Object.entries(files).map(([letter, text]) => [`${letter}.test.cjs`, `${COMMON}${text}`]);
  const more = { testMatch: ["<rootDir>/?.test.cjs"], testSequencer: "<rootDir>/sequencer.cjs" };
  const all = { ...Object.fromEntries(named), "sequencer.cjs": SEQUENCER };
  const { result, messages, stderr } = await jest(suiteOf(t, { source: "", options, more, files: all }), "--runInBand");
  assert.equal(result.numFailedTests, 0, messages + stderr);
  return { passed: result.numPassedTests, failedFiles: result.numFailedTestSuites, runs: times(stderr), messages };
}
const times = (text) => text.split("the script runs").length - 1;

const COMMON = `const count = async (name = "a") => {
  const { BOX } = getMiniflareBindings();
  return (await BOX.get(BOX.idFromName(name)).fetch("http://localhost/")).text();
};
`;
const UNUSED = `test("uses no object", async () => {
  await getMiniflareBindings().KV.put("key", "value");
  expect(getMiniflareBindings().BOX.idFromName("a").name).toBe("a");
});`;
const USED = `
beforeAll(async () => expect(await count()).toBe("1"));
test("uses an object", async () => expect([await count(), await count("b")]).toStrictEqual(["2", "1"]));
test("finds it as the hook has left it", async () => {
  expect(await count()).toBe("2");
  expect((await getMiniflareDurableObjectIds("BOX")).length).toBe(1);
});`;
const BROKEN = `
test("breaks the script before it runs", async () => {
  globalThis.BREAKS = true;
  await expect(count()).rejects.toThrow("broken by the test");
  await expect(getMiniflareDurableObjectIds("BOX")).rejects.toThrow("broken by the test");
  await getMiniflareBindings().KV.put("key", "value");
});
test("has data that is isolated all the same", async () => expect(await getMiniflareBindings().KV.get("key")).toBeNull());`;

describe("the script of Durable Objects", differs("it runs at each set-up there"), () => {
  test("runs with the first test file, and later for those that use an object", async (t) => {
    const { passed, runs } = await runAll(t, { a: UNUSED, b: UNUSED, c: USED, d: UNUSED, e: USED });
    assert.deepEqual({ passed, runs }, { passed: 7, runs: 3 });
  });

  test("fails the calls of an object, and nothing else, when it fails later", async (t) => {
    const { passed, runs } = await runAll(t, { a: UNUSED, b: BROKEN, c: USED });
    assert.deepEqual({ passed, runs }, { passed: 5, runs: 3 });
  });

  test("fails each test file while it cannot run", async (t) => {
    const options = { ...OPTIONS, script: "throw new Error('never runs');" };
    const { passed, failedFiles, messages } = await runAll(t, { a: UNUSED, b: UNUSED }, options);
    assert.deepEqual({ passed, failedFiles }, { passed: 0, failedFiles: 2 });
    assert.equal(messages.split("never runs").length > 2, true, messages);
  });
});
