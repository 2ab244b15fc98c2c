// Tags: oracle
// The package inside AVA and Mocha: in one process, in threads and in child processes, which end by themselves.

import { describe } from "node:test";
import assert from "node:assert/strict";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { otherNodes } from "../../scripts/nodes.mjs";
import { fetchRunner, PLAIN_RUNNERS } from "../../scripts/runners.mjs";
import { run } from "../support/child.mjs";
import { differs } from "../support/miniflare.mjs";
import { SUITE_LIMIT } from "../support/patience.mjs";
import { project } from "../support/project.mjs";
import { within } from "../support/test.mjs";

const test = within(200_000);

const fixture = fileURLToPath(new URL("./fixtures/runners", import.meta.url));
const running = { version: process.versions.node, command: process.execPath };
const newest = otherNodes().at(-1);

/** Runs a runner on the fixture to its end; neither is told to exit, so what stays open would hold the process. */
async function runOn(t, node, { name, ...runner }, command, args) {
  const modules = fetchRunner({ name, ...runner });
  const cwd = project(t, fixture, [name], modules);
  // A runner colours its report, or not, by the terminal; AVA also asks whether it runs in CI.
  const env = { ...process.env, NODE_OPTIONS: "", NO_COLOR: "1", CI: "1" };
  delete env.FORCE_COLOR;
  const options = { cwd, env, timeout: 150_000 };
  const result = await run(node.command, [path.join(modules, command), ...args], options);
  assert.equal(result.timedOut, false, `${name} did not end\n${result.stdout}\n${result.stderr}`);
  assert.equal(result.signal, null, result.stderr);
  return result;
}

async function ava(t, node, ...args) {
  const command = "ava/entrypoints/cli.mjs";
  const { code, stdout, stderr } = await runOn(t, node, PLAIN_RUNNERS.ava, command, ["--tap", ...args]);
  const failures = stdout.match(/^not ok .*$/gm) ?? [];
  assert.deepEqual(failures, [], stdout + stderr);
  assert.equal(stdout.match(/^ok \d+ - /gm)?.length, 17, stdout + stderr);
  assert.doesNotMatch(stdout + stderr, /failed to exit|unhandled|uncaught/i);
  assert.equal(code, 0, stdout + stderr);
}

async function mocha(t, node, ...args) {
  const command = "mocha/bin/mocha.js";
  const { code, stdout, stderr } = await runOn(t, node, PLAIN_RUNNERS.mocha, command, [
    "--reporter=json",
    `--timeout=${SUITE_LIMIT}`,
    ...args,
  ]);
  assert.ok(stdout.startsWith("{"), `Mocha printed no result\n${stdout}\n${stderr}`);
  const { stats, failures } = JSON.parse(stdout);
  const messages = failures.map(({ fullTitle, err }) => `${fullTitle}: ${err.stack}`).join("\n");
  assert.deepEqual([stats.failures, stats.passes, stats.pending], [0, 9, 0], messages + stderr);
  assert.equal(code, 0, stderr);
}

for (const node of [running, newest]) {
  describe(`AVA on Node ${node.version}`, differs("it cannot run without a flag there"), () => {
    test("runs a suite in worker threads", (t) => ava(t, node));

    test("runs a suite in child processes", (t) => ava(t, node, "--no-worker-threads"));
  });

  describe(`Mocha on Node ${node.version}`, differs("it cannot run without a flag there"), () => {
    test("runs a suite in one process", (t) => mocha(t, node));

    test("runs a suite in child processes", (t) => mocha(t, node, "--parallel", "--jobs=2"));

    test("finds no global left behind", (t) => mocha(t, node, "--check-leaks"));
  });
}
