// `npm run lint`: what can be said of the sources without running them. `npm test` begins with what takes seconds, and leaves
// clippy until the build has run the build scripts that both need.
import path from "node:path";
import { spawnSync } from "node:child_process";
import { withoutBindingTypes } from "./binding-types.mjs";
import { main, root, say } from "./steps.mjs";
import { findCargo } from "./toolchain.mjs";

const bin = (file) => path.join(root, "node_modules", file);

/** By name: the command, and what to do about what it finds. */
const QUICK = {
  biome: {
    command: () => [process.execPath, [bin("@biomejs/biome/bin/biome"), "check", "--error-on-warnings"]],
    remedy: "npm run format",
  },
  rustfmt: { command: () => cargo(["fmt", "--check"]), remedy: "npm run format" },
  types: {
    command: () => tsc(path.join("__test__", "types")),
    remedy: "index.d.ts, types/ and __test__/types belong together",
  },
  "types with workers-types": {
    command: () => tsc(path.join("__test__", "types", "workers")),
    remedy: "index.d.ts has to accept the types of @cloudflare/workers-types",
  },
  "types of Node's half": {
    command: () => tsc(path.join("src", "tsconfig.node.json")),
    remedy: "see the messages above",
  },
  "types of the worker's half": {
    command: () => tsc(path.join("src", "tsconfig.worker.json")),
    remedy: "see the messages above; `node scripts/op-types.mjs` writes the types of new ops",
  },
};

// The tests among them. The rules are in Cargo.toml and clippy.toml.
const CLIPPY = ["clippy", "--release", "--all-targets", "--no-deps", "--", "-D", "warnings"];
const SLOW = { clippy: { command: () => cargo(CLIPPY), remedy: "see the messages above" } };

function tsc(project) {
  return [process.execPath, [bin("typescript/bin/tsc"), "--noEmit", "-p", project]];
}

function cargo(args) {
  const { command, env } = findCargo();
  return [command, args, { ...process.env, ...env, ...withoutBindingTypes }];
}

const pathOf = (name) => `lint/${name}`;

/** The paths that the words of a test run choose checks by. */
export const CHECKS = [...Object.keys(QUICK), ...Object.keys(SLOW)].map(pathOf);

/** Runs the checks whose path is chosen. Each counts as a test. */
function runChecks(checks, isChosen) {
  return Object.entries(checks)
    .filter(([name]) => isChosen(pathOf(name)))
    .map(([name, check]) => runCheck(name, check));
}

function runCheck(name, { command, remedy }) {
  say(name);
  const [file, args, env = process.env] = command();
  const { status } = spawnSync(file, args, { cwd: root, env, stdio: "inherit" });
  if (status === 0) return { passed: 1, failed: 0 };
  say(`${name} failed: ${remedy}`);
  return { passed: 0, failed: 1, failures: [{ where: "lint", place: "", name, error: remedy }] };
}

export const runQuickChecks = (isChosen) => runChecks(QUICK, isChosen);
export const runSlowChecks = (isChosen) => runChecks(SLOW, isChosen);

main(import.meta.url, () => {
  const results = runChecks({ ...QUICK, ...SLOW }, () => true);
  if (results.some(({ failed }) => failed > 0)) process.exitCode = 1;
});
