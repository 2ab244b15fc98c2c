// Tags: oracle
// The package inside Jest: its realms and module registries, in one process and in several.

import { describe } from "node:test";
import assert from "node:assert/strict";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { differs } from "../support/miniflare.mjs";
import { root, run } from "../support/child.mjs";
import { SUITE_LIMIT } from "../support/patience.mjs";
import { project } from "../support/project.mjs";
import { within } from "../support/test.mjs";

const test = within(200_000);

const fixture = fileURLToPath(new URL("./fixtures/jest", import.meta.url));
const moved = fileURLToPath(new URL("./fixtures/moved", import.meta.url));
const bin = path.join(root, "node_modules/jest/bin/jest.js");

/** Runs Jest on the fixture and gives its own account of the result. */
async function jest(t, ...args) {
  return account(project(t, fixture), ...args);
}

async function account(cwd, ...args) {
  const options = ["--testMatch", "**/*.test.cjs", "--json", "--no-cache", `--testTimeout=${SUITE_LIMIT}`];
  const all = [bin, "--rootDir", cwd, ...options, ...args];
  const { code, signal, stdout, stderr, timedOut } = await run(process.execPath, all, { cwd, timeout: 150_000 });
  assert.equal(timedOut, false, `Jest did not end\n${stderr}`);
  assert.equal(signal, null, stderr);
  assert.ok(stdout.startsWith("{"), `Jest printed no result\n${stdout}\n${stderr}`);
  return { code, stderr, result: JSON.parse(stdout) };
}

function passed({ code, result, stderr }) {
  const messages = result.testResults.map(({ message }) => message).filter(Boolean);
  assert.equal(result.numFailedTests, 0, messages.join("\n"));
  assert.equal(result.numRuntimeErrorTestSuites, 0, messages.join("\n"));
  assert.equal(result.numPassedTests, 15, stderr);
  assert.equal(result.numPassedTestSuites, 2);
  assert.equal(code, 0, stderr);
  assert.doesNotMatch(stderr, /did not exit|force exited|open handles/i);
}

describe("Jest", differs("it cannot run without a flag there"), () => {
  test("runs a suite in one process", async (t) => passed(await jest(t, "--runInBand")));

  test("runs a suite in child processes", async (t) => passed(await jest(t, "--maxWorkers=2")));

  test("runs a suite in worker threads", async (t) => passed(await jest(t, "--maxWorkers=2", "--workerThreads")));

  test("runs a suite that imports Miniflare 2's packages, by a mapping of their names", async (t) => {
    const { result, stderr } = await account(project(t, moved), "--runInBand");
    assert.deepEqual([result.numFailedTests, result.numPassedTests], [0, 6], stderr);
    assert.equal(result.numRuntimeErrorTestSuites, 0, stderr);
  });

  test("finds no handle left open", async (t) => passed(await jest(t, "--runInBand", "--detectOpenHandles")));
});
