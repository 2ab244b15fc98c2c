// The runner of Node's own tests, on a folder in their shape.

import { describe } from "node:test";
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import * as implementation from "../../index.mjs";
import { compare, countsOf, runAll } from "../../scripts/node-tests.mjs";
import { within } from "../support/test.mjs";

const folder = fileURLToPath(new URL("fixtures/node/", import.meta.url));
const test = within(120_000);

describe("the runner of Node's own tests", () => {
  test("runs what is for workers, and counts", async () => {
    const tests = await runAll(implementation, folder, ["path"]);
    const results = Object.fromEntries(tests.map(({ name, result }) => [name.slice("test-path-".length), result]));
    assert.deepEqual(results, {
      "calls.js": "failed",
      "modules.mjs": "passed",
      "passes.js": "passed",
      "process.js": undefined,
      "skips.js": "skipped",
      "throws.js": "failed",
    });
    assert.deepEqual(countsOf(tests), [{ module: "path", all: 6, run: 4, passed: 2 }]);
    const textOf = (name) => tests.find((one) => one.name.includes(name)).failures.map(({ text }) => text);
    const [never, calls] = textOf("calls");
    assert.match(never, /never called/);
    assert.match(calls, /Expected 2, actual 1/);
    assert.match(textOf("throws")[0], /^AssertionError: Expected values to be strictly equal/);
  });

  test("tells what is not as expected", () => {
    const failures = [{ text: "Error: x" }];
    const tests = [
      { module: "path", name: "a.js", result: "failed", failures },
      { module: "path", name: "b.js", result: "failed", failures },
      { module: "path", name: "c.js", result: "passed", failures: [] },
    ];
    const expected = { path: { "a.js": "Error: x", "c.js": "Error: y" } };
    assert.deepEqual(compare(tests, expected), { failed: ["b.js: Error: x"], passed: ["c.js"] });
  });
});
