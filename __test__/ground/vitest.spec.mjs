// Tags: oracle
// The package inside Vitest, in each of its pools.

import { describe } from "node:test";
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { differs } from "../support/miniflare.mjs";
import { project } from "../support/project.mjs";
import { within } from "../support/test.mjs";
import { vitest } from "../support/vitest.mjs";

const test = within(200_000);

const fixture = fileURLToPath(new URL("./fixtures/vitest", import.meta.url));
const moved = fileURLToPath(new URL("./fixtures/moved", import.meta.url));

/** Vitest's own account of the fixture. */
async function account(t, files, ...args) {
  const { code, stdout, stderr } = await vitest(project(t, files, ["vitest"]), "--reporter=json", ...args);
  const start = stdout.indexOf('{"numTotal');
  assert.notEqual(start, -1, `Vitest printed no result\n${stdout}\n${stderr}`);
  return { code, stderr, result: JSON.parse(stdout.slice(start).split("\n")[0]) };
}

describe("Vitest", differs("it cannot run without a flag there"), () => {
  for (const pool of ["forks", "threads", "vmThreads", "vmForks"]) {
    test(`runs a suite in its pool ${pool}`, async (t) => {
      const { code, result, stderr } = await account(t, fixture, `--pool=${pool}`);
      const failures = result.testResults.flatMap(({ message, assertionResults }) => [
        message,
        ...assertionResults.flatMap(({ failureMessages }) => failureMessages),
      ]);
      assert.equal(result.numFailedTests, 0, failures.join("\n"));
      assert.equal(result.numPassedTests, 8, failures.join("\n") + stderr);
      assert.equal(code, 0, stderr);
    });
  }

  test("runs a suite that imports Miniflare 2's packages, by an alias for their names", async (t) => {
    const { code, result, stderr } = await account(t, moved);
    const failures = result.testResults.flatMap(({ message, assertionResults }) => [
      message,
      ...assertionResults.flatMap(({ failureMessages }) => failureMessages),
    ]);
    assert.deepEqual([result.numFailedTests, result.numPassedTests, code], [0, 6, 0], failures.join("\n") + stderr);
  });
});
