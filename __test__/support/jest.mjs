// Jest itself, run on a project.

import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import { root, run } from "./child.mjs";
import { SUITE_LIMIT } from "./patience.mjs";
import { emptyProject, project } from "./project.mjs";

const bin = path.join(root, "node_modules/jest/bin/jest.js");
export const TOOLS = ["jest", "jest-environment-node"];

/** Runs Jest in the folder of a project, to its end, and gives its own account of the result. */
export const jest = (cwd, ...args) => runJest(cwd, [bin, ...args]);

/** The same for suites of ES modules. */
export const jestOfModules = (cwd, ...args) =>
  runJest(cwd, ["--experimental-vm-modules", "--no-warnings", bin, ...args]);

async function runJest(cwd, args) {
  const limit = args.some((arg) => arg.startsWith("--testTimeout=")) ? [] : [`--testTimeout=${SUITE_LIMIT}`];
  const all = [...args, ...limit, "--json", "--no-cache"];
  const { code, signal, stdout, stderr, timedOut } = await run(process.execPath, all, { cwd, timeout: 150_000 });
  assert.equal(timedOut, false, `Jest did not end\n${stderr}`);
  assert.equal(signal, null, stderr);
  assert.ok(stdout.startsWith("{"), `Jest printed no result\n${stdout}\n${stderr}`);
  const result = JSON.parse(stdout);
  const messages = result.testResults.map(({ message }) => message).join("\n");
  return { code, stderr, result, messages };
}

export function write(folder, files) {
  for (const [name, text] of Object.entries(files)) {
    const file = path.join(folder, name);
    fs.mkdirSync(path.dirname(file), { recursive: true });
    fs.writeFileSync(file, text);
  }
}

/** A project of one test file, `source`, with `options` of the environment and `more` of Jest's configuration. */
export function suiteOf(t, { source, options = {}, more = {}, tools = TOOLS, files = {} }) {
  const empty = emptyProject(t);
  const cwd = project(t, empty, tools);
  const config = { testEnvironment: "miniflare-rs/jest", transform: {}, testEnvironmentOptions: options };
  const testMatch = ["<rootDir>/alone.test.cjs"];
  write(cwd, { "jest.config.json": JSON.stringify({ ...config, testMatch, ...more }), "alone.test.cjs": source });
  write(cwd, files);
  return cwd;
}
