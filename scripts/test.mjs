// `npm test`: set-up, lint, build, the specs on this Node, and on the others those that Node's version matters to. The last
// line is the sum of all runs. `npm test -- kv cache` runs the spec files whose path contains one of the words.
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { spawnSync } from "node:child_process";
import { build } from "./build.mjs";
import { CHECKS, runQuickChecks, runSlowChecks } from "./lint.mjs";
import { otherNodes } from "./nodes.mjs";
import { main, root, say, StepError } from "./steps.mjs";
import { setupTests } from "./setup.mjs";
import { findCargo } from "./toolchain.mjs";

const CONCURRENCY = 2;
// For one test and for one file: long enough for the packaging test on a slow machine, short enough to end a hang.
const TIMEOUT_MS = 300_000;
const UNITS = path.join("src", "**", "*.rs");
/** Of the specs, those that run on every Node: what Workers do, and what takes the place of Node's classes. */
const EVERY_NODE = ["core", "mock", "node"].map((folder) => path.join("__test__", folder, path.sep));

function test() {
  const words = process.argv.slice(2);
  const isChosen = (file) => words.length === 0 || words.some((word) => file.includes(word));
  const specs = findSpecs().filter(isChosen);
  const everywhere = specs.filter((file) => EVERY_NODE.some((folder) => file.startsWith(folder)));
  const isLint = CHECKS.some(isChosen);
  if (specs.length === 0 && !isLint && !isChosen(UNITS)) {
    throw new StepError(`no spec file's path contains ${words.join(" or ")}`, "spec files are __test__/**/*.spec.mjs");
  }
  setupTests();
  const quick = runQuickChecks(isChosen);
  build();
  report([
    ...quick,
    ...runSlowChecks(isChosen),
    ...(isChosen(UNITS) ? [runUnits()] : []),
    ...(specs.length > 0 ? [runSpecs(process.versions.node, process.execPath, specs)] : []),
    ...(everywhere.length > 0
      ? otherNodes().map(({ version, command }) => runSpecs(version, command, everywhere))
      : []),
  ]);
}

function findSpecs() {
  return readdirSync(path.join(root, "__test__"), { recursive: true })
    .filter((file) => file.endsWith(".spec.mjs"))
    .map((file) => path.join("__test__", file))
    .sort();
}

// The readable report goes to the terminal; the counts are read from a second one, whose form is fixed.
function runSpecs(version, command, files) {
  say(`Node ${version}: ${files.length} spec ${files.length === 1 ? "file" : "files"}`);
  const folder = mkdtempSync(path.join(os.tmpdir(), "miniflare-rs-test-"));
  const tap = path.join(folder, "report.tap");
  const limits = [`--test-concurrency=${CONCURRENCY}`, `--test-timeout=${TIMEOUT_MS}`];
  const readable = ["--test-reporter=spec", "--test-reporter-destination=stdout"];
  const counted = ["--test-reporter=tap", `--test-reporter-destination=${tap}`];
  const { status } = spawnSync(command, ["--test", ...limits, ...readable, ...counted, ...files], {
    cwd: root,
    stdio: "inherit",
  });
  const counts = readCounts(tap);
  rmSync(folder, { recursive: true });
  return status === 0 ? counts : { ...counts, failed: Math.max(counts.failed, 1) };
}

// A runner that died leaves no counts; its exit code says that it failed.
function readCounts(tap) {
  const text = existsSync(tap) ? readFileSync(tap, "utf8") : "";
  const count = (name) => Number([...text.matchAll(new RegExp(`^# ${name} (\\d+)$`, "gm"))].at(-1)?.[1] ?? 0);
  return { passed: count("pass"), failed: count("fail") + count("cancelled") };
}

// The unit tests in Rust: `npm test -- .rs` runs them alone.
function runUnits() {
  say("cargo test");
  const { command, env } = findCargo();
  const { status, stdout } = spawnSync(command, ["test", "--release", "--lib"], {
    cwd: root,
    env: { ...process.env, ...env },
    encoding: "utf8",
    stdio: ["ignore", "pipe", "inherit"],
  });
  process.stdout.write(stdout);
  const [, passed, failed] = /(\d+) passed; (\d+) failed/.exec(stdout) ?? [0, 0, 0];
  return { passed: Number(passed), failed: status === 0 ? 0 : Math.max(Number(failed), 1) };
}

function report(runs) {
  const sum = (key) => runs.reduce((total, counts) => total + counts[key], 0);
  const [passed, failed] = [sum("passed"), sum("failed")];
  process.exitCode = failed === 0 ? 0 : 1;
  process.stdout.write(`\n${passed} passed, ${failed} failed\n`);
}

main(import.meta.url, test);
