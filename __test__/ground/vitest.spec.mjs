// The package inside Vitest, in each of its pools.

import { describe } from "node:test";
import assert from "node:assert/strict";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { differs } from "../support/miniflare.mjs";
import { root, run } from "../support/child.mjs";
import { project } from "../support/project.mjs";
import { within } from "../support/test.mjs";

const test = within(200_000);

const fixture = fileURLToPath(new URL("./fixtures/vitest", import.meta.url));
const bin = path.join(root, "node_modules/vitest/vitest.mjs");

async function vitest(t, ...args) {
  const cwd = project(t, fixture, ["vitest"]);
  const all = [bin, "run", "--root", cwd, "--reporter=json", ...args];
  const { code, signal, stdout, stderr, timedOut } = await run(process.execPath, all, { cwd, timeout: 150_000 });
  assert.equal(timedOut, false, `Vitest did not end\n${stderr}`);
  assert.equal(signal, null, stderr);
  const start = stdout.indexOf('{"numTotal');
  assert.notEqual(start, -1, `Vitest printed no result\n${stdout}\n${stderr}`);
  return { code, stderr, result: JSON.parse(stdout.slice(start).split("\n")[0]) };
}

describe("Vitest", differs("it cannot run without a flag there"), () => {
  for (const pool of ["forks", "threads", "vmThreads", "vmForks"]) {
    test(`runs a suite in its pool ${pool}`, async (t) => {
      const { code, result, stderr } = await vitest(t, `--pool=${pool}`);
      const failures = result.testResults.flatMap(({ message, assertionResults }) => [
        message,
        ...assertionResults.flatMap(({ failureMessages }) => failureMessages),
      ]);
      assert.equal(result.numFailedTests, 0, failures.join("\n"));
      assert.equal(result.numPassedTests, 8, failures.join("\n") + stderr);
      assert.equal(code, 0, stderr);
    });
  }
});
