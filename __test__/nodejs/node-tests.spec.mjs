// Node's own tests of modules whose tests are quick, as far as a worker can run them: those pass that are not listed as failing.

import { describe } from "node:test";
import assert from "node:assert/strict";
import * as implementation from "../../index.mjs";
import { compare, readExpectations, runAll } from "../../scripts/node-tests.mjs";
import { fetchSources } from "../../scripts/node-tests/sources.mjs";
import { within } from "../support/test.mjs";

const QUICK = [
  ...["assert", "async_hooks", "buffer", "diagnostics_channel", "events", "path", "punycode", "querystring"],
  ...["string_decoder", "url", "util"],
];
/** The sources may have to be fetched. */
const test = within(600_000);

function sources(t) {
  try {
    return fetchSources();
  } catch (error) {
    return void t.skip(`${error.message}: ${error.remedy}`);
  }
}

describe("Node's own tests", () => {
  test(`of ${QUICK.join(", ")}`, async (t) => {
    const folder = sources(t);
    if (folder === undefined) return;
    const tests = await runAll(implementation, folder, QUICK);
    assert.ok(tests.filter(({ result }) => result === "passed").length > 100);
    assert.deepEqual(compare(tests, readExpectations()), { failed: [], passed: [] });
  });
});
