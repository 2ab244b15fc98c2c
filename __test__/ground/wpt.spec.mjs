// The runner of web-platform-tests, on a folder in their shape.

import { describe } from "node:test";
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import * as implementation from "../../index.mjs";
import { areas, compare, runAll } from "../../scripts/wpt.mjs";
import { test } from "../support/test.mjs";

const folder = fileURLToPath(new URL("fixtures/wpt/", import.meta.url));

describe("the runner of web-platform-tests", () => {
  test("runs what is for workers, with its scripts, and counts", async () => {
    const results = await runAll(implementation, folder, ["url/", "encoding/"]);
    const failures = { "fails on purpose": "Error: expected 2, got 1" };
    assert.deepEqual(results["url/parse.any.js"], { passed: 2, failures });
    assert.deepEqual(results["encoding/decode.window.js"], { passed: 1, failures: {} });
    assert.deepEqual(results["encoding/broken.any.js"], { passed: 0, failures: { "the file itself": "at the top" } });
    assert.deepEqual(areas(results), [
      { area: "encoding", files: 2, passed: 1, failed: 1 },
      { area: "url", files: 1, passed: 2, failed: 1 },
    ]);
  });

  test("keeps a test strict that begins so, and takes URLs relative to it", async () => {
    const results = await runAll(implementation, folder, ["dom/strict"]);
    assert.deepEqual(results, { "dom/strict.any.js?variant": { passed: 2, failures: {} } });
  });

  test("leaves out files for other scopes, for pages, and those without information", async () => {
    const starts = ["dom/elsewhere", "dom/page", "dom/idlharness"];
    assert.deepEqual(await runAll(implementation, folder, starts), {});
  });

  test("ends a file that never does", async () => {
    const stopped = class extends implementation.Miniflare {
      constructor(options) {
        super({ ...options, cpuLimitMs: 200 });
      }
    };
    const results = await runAll({ Miniflare: stopped }, folder, ["dom/endless"]);
    assert.match(results["dom/endless.any.js"].failures["the file itself"], /CPU limit/);
  });

  test("tells what is not as expected", () => {
    const results = {
      "a.any.js": { passed: 1, failures: { known: "expected 1", new: "expected 2" } },
      "b.any.js": { passed: 1, failures: {} },
      "c.any.js": { passed: 0, failures: { "one of many": "expected 3" } },
      "d.any.js": { passed: 1, failures: { "one of many": "expected 4" } },
    };
    const expectations = { "a.any.js": ["known"], "b.any.js": ["fixed"], "c.any.js": "*", "d.any.js": "*" };
    assert.deepEqual(compare(results, expectations), {
      failed: ["a.any.js: new: expected 2"],
      passed: ["b.any.js: fixed", "d.any.js: 1 of its tests"],
    });
  });

  test("refuses a folder that is not a checkout", async () => {
    await assert.rejects(
      runAll(implementation, fileURLToPath(new URL("../", import.meta.url))),
      /has no resources\/testharness\.js/,
    );
  });
});
