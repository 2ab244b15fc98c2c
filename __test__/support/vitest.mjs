// Vitest itself, run on a project.

import assert from "node:assert/strict";
import path from "node:path";
import { root, run } from "./child.mjs";
import { SUITE_LIMIT } from "./patience.mjs";

const bin = path.join(root, "node_modules/vitest/vitest.mjs");

/** Runs Vitest in the folder of a project, to its end: `{ code, stdout, stderr }`. */
export async function vitest(cwd, ...args) {
  const limits = ["testTimeout", "hookTimeout"].map((name) => `--${name}`);
  const missing = limits.filter((limit) => !args.some((arg) => arg.startsWith(`${limit}=`)));
  const all = [bin, "run", "--root", cwd, ...args, ...missing.map((limit) => `${limit}=${SUITE_LIMIT}`)];
  const { code, signal, stdout, stderr, timedOut } = await run(process.execPath, all, { cwd, timeout: 150_000 });
  assert.equal(timedOut, false, `Vitest did not end\n${stderr}`);
  assert.equal(signal, null, stderr);
  return { code, stdout, stderr };
}
