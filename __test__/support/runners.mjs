// The suites that every supported Jest and Vitest runs, each on a version that is fetched for it.

import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { fetchRunner, nodeFor } from "../../scripts/runners.mjs";
import { run } from "./child.mjs";
import { SUITE_LIMIT } from "./patience.mjs";
import { installEnvironment, project } from "./project.mjs";

const fixture = (name) => fileURLToPath(new URL(`../env/fixtures/${name}`, import.meta.url));

/** What Jest's tests need beside it, from the folder it was fetched into. */
const TOOLS = {
  jest: ["@jest", "jest-environment-node", "ts-jest", "typescript", "esbuild"],
  vitest: ["vitest"],
};
/** The file that both write their result to, in the same form. */
const RESULT = "result.json";
const COMMANDS = {
  jest: (modules) => [
    "--experimental-vm-modules",
    "--no-warnings=ExperimentalWarning",
    path.join(modules, "jest/bin/jest.js"),
    ...["--json", `--outputFile=${RESULT}`, "--no-cache", "--runInBand", `--testTimeout=${SUITE_LIMIT}`],
  ],
  vitest: (modules) => [
    path.join(modules, "vitest/vitest.mjs"),
    ...["run", "--reporter=json", `--outputFile=${RESULT}`],
  ],
};

/**
 * Runs the suite of a runner on one of its versions.
 * @returns `{ passed, failed, code, messages, stderr, node }`: how many tests did, and what is said of those that failed
 */
export async function runSuite(t, runner) {
  const { name } = runner;
  const modules = fetchRunner(runner);
  const node = nodeFor(runner);
  const cwd = project(t, fixture(`${name}-versions`), TOOLS[name], modules);
  installEnvironment(cwd, `${name}-environment-miniflare`);
  const env = { ...process.env, NODE_OPTIONS: "" };
  const args = COMMANDS[name](modules);
  const { code, signal, stdout, stderr, timedOut } = await run(node.command, args, { cwd, env, timeout: 150_000 });
  assert.equal(timedOut, false, `${name} ${runner.version} did not end\n${stderr}`);
  assert.equal(signal, null, stderr);
  return { ...readResult(path.join(cwd, RESULT), stdout + stderr), code, stderr, node: node.version };
}

function readResult(file, said) {
  assert.ok(fs.existsSync(file), `no result was written\n${said}`);
  const { testResults } = JSON.parse(fs.readFileSync(file, "utf8"));
  const tests = testResults.flatMap(({ assertionResults }) => assertionResults);
  const count = (status) => tests.filter((one) => one.status === status).length;
  // A file that cannot be run has no tests.
  const broken = testResults.filter((one) => one.status === "failed" && one.assertionResults.length === 0);
  const failures = [...testResults.map(({ message }) => message), ...tests.flatMap((one) => one.failureMessages ?? [])];
  return {
    passed: count("passed"),
    failed: count("failed") + broken.length,
    messages: failures.filter(Boolean).join("\n"),
  };
}

/** What the oldest Vitest has printed about its own use of Node since Node 22. */
const OWN_DEPRECATION = /^\(node:\d+\) \[DEP0180\] .*$/gm;

/** Fails unless all tests of the suite passed, and nothing was left behind. */
export function assertPassed({ passed, failed, code, messages, stderr }, count) {
  assert.equal(failed, 0, `${messages}\n${stderr}`);
  assert.equal(passed, count, `${messages}\n${stderr}`);
  assert.equal(code, 0, stderr);
  assert.doesNotMatch(stderr.replace(OWN_DEPRECATION, ""), /did not exit|force exited|open handle|hanging|deprecated/i);
}
