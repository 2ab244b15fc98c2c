// `npm test`: set-up, lint, build, the specs on this Node, and those with the tag `every-node` on the others. At the end it
// names the specs that failed, and the last line is the sum of all runs. `npm test -- kv oracle` runs the spec files whose path contains a word, or that have it for a tag;
// `npm test -- --oracle kv` runs those of them on Miniflare 2 that have the tag `oracle`.
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { spawnSync } from "node:child_process";
import { pathToFileURL } from "node:url";
import { withoutBindingTypes } from "./binding-types.mjs";
import { build } from "./build.mjs";
import { CHECKS, runQuickChecks, runSlowChecks } from "./lint.mjs";
import { otherNodes } from "./nodes.mjs";
import { findSpecs, tagsOf } from "./specs.mjs";
import { main, root, say, StepError } from "./steps.mjs";
import { setupTests } from "./setup.mjs";
import { findCargo } from "./toolchain.mjs";

const CONCURRENCY = 2;
// For one test and for one file: longer than any takes on a machine that others load, short enough to end a hang.
const TIMEOUT_MS = 900_000;
const REPORTER = path.join(root, "scripts", "spec-report.mjs");
const WATCH = `${pathToFileURL(path.join(root, "scripts", "spec-watch.mjs"))}?limit=${TIMEOUT_MS}`;
const UNITS = path.join("src", "**", "*.rs");
/** How specs are run on Miniflare 2, which needs the flag for modules. */
const ON_ORACLE = {
  flags: ["--experimental-vm-modules", "--no-warnings"],
  env: { MINIFLARE_IMPL: path.join("node_modules", "miniflare", "dist", "src", "index.js") },
};

function test() {
  const words = process.argv.slice(2).filter((word) => word !== "--oracle");
  const isChosen = (name, tags = []) =>
    words.length === 0 || words.some((word) => name.includes(word) || tags.includes(word));
  const specs = findSpecs().filter((file) => isChosen(file, tagsOf(file)));
  const tagged = (tag) => specs.filter((file) => tagsOf(file).includes(tag));
  if (process.argv.includes("--oracle")) testOracle(tagged("oracle"), words);
  else testPackage(specs, tagged("every-node"), isChosen, words);
}

function testPackage(specs, everywhere, isChosen, words) {
  if (specs.length === 0 && !CHECKS.some((check) => isChosen(check)) && !isChosen(UNITS)) refuse("spec file", words);
  setupTests();
  const quick = runQuickChecks(isChosen);
  build();
  report([
    ...quick,
    ...runSlowChecks(isChosen),
    ...(isChosen(UNITS) ? [runUnits()] : []),
    ...(specs.length > 0 ? [runSpecs(`Node ${process.versions.node}`, process.execPath, specs)] : []),
    ...(everywhere.length > 0
      ? otherNodes().map(({ version, command }) => runSpecs(`Node ${version}`, command, everywhere))
      : []),
  ]);
}

// Miniflare 2 needs no build of the package.
function testOracle(specs, words) {
  if (specs.length === 0) refuse("spec file with the tag `oracle`", words);
  setupTests();
  report([runSpecs("Miniflare 2", process.execPath, specs, ON_ORACLE)]);
}

function refuse(kind, words) {
  const problem = `no ${kind} has a path that contains ${words.join(" or ")}, or a tag of that name`;
  throw new StepError(problem, "spec files are __test__/**/*.spec.mjs, and their tags are in scripts/specs.mjs");
}

// The readable report goes to the terminal; counts and failures are read from a second one, whose form is our own.
function runSpecs(where, command, files, { flags = [], env = {} } = {}) {
  say(`${where}: ${files.length} spec ${files.length === 1 ? "file" : "files"}`);
  const folder = mkdtempSync(path.join(os.tmpdir(), "miniflare-rs-test-"));
  const lines = path.join(folder, "report.jsonl");
  const limits = [
    `--test-concurrency=${CONCURRENCY}`,
    `--test-timeout=${TIMEOUT_MS}`,
    `--import=${WATCH}&notes=${folder}`,
  ];
  const readable = ["--test-reporter=spec", "--test-reporter-destination=stdout"];
  const counted = [`--test-reporter=${pathToFileURL(REPORTER)}`, `--test-reporter-destination=${lines}`];
  const { status } = spawnSync(command, [...flags, "--test", ...limits, ...readable, ...counted, ...files], {
    cwd: root,
    env: { ...process.env, ...env, MINIFLARE_SPEC_NOTES: folder },
    stdio: "inherit",
  });
  const { counts, failures } = readReport(lines);
  rmSync(folder, { recursive: true });
  const failed = status === 0 ? counts.failed : Math.max(counts.failed, 1);
  return { passed: counts.passed, failed, failures: failures.map((failure) => ({ ...failure, where })) };
}

// A runner that died leaves no counts; its exit code says that it failed.
function readReport(file) {
  const text = existsSync(file) ? readFileSync(file, "utf8") : "";
  const rows = text
    .split("\n")
    .filter(Boolean)
    .map((line) => JSON.parse(line));
  const { pass = 0, fail = 0, cancelled = 0 } = rows.find((row) => row.counts)?.counts ?? {};
  const failures = rows.flatMap(({ failure }) => (failure === undefined ? [] : [failure]));
  return { counts: { passed: pass, failed: fail + cancelled }, failures };
}

// The unit tests in Rust: `npm test -- .rs` runs them alone.
function runUnits() {
  say("cargo test");
  const { command, env } = findCargo();
  const { status, stdout } = spawnSync(command, ["test", "--release", "--lib"], {
    cwd: root,
    env: { ...process.env, ...env, ...withoutBindingTypes },
    encoding: "utf8",
    stdio: ["ignore", "pipe", "inherit"],
  });
  process.stdout.write(stdout);
  const [, passed, failed] = /(\d+) passed; (\d+) failed/.exec(stdout) ?? [0, 0, 0];
  const names = [...stdout.matchAll(/^test (.+) \.\.\. FAILED$/gm)].map(([, name]) => name);
  const failures = names.map((name) => ({ where: "cargo test", place: "", name, error: "see its output above" }));
  return { passed: Number(passed), failed: status === 0 ? 0 : Math.max(Number(failed), 1), failures };
}

function report(runs) {
  const sum = (key) => runs.reduce((total, counts) => total + counts[key], 0);
  const [passed, failed] = [sum("passed"), sum("failed")];
  for (const { failures = [] } of runs) for (const failure of failures) process.stdout.write(describe(failure));
  process.exitCode = failed === 0 ? 0 : 1;
  process.stdout.write(`\n${passed} passed, ${failed} failed\n`);
}

function describe({ where, place, name, error }) {
  const file = place === "" ? "" : `: ${path.relative(root, place)}`;
  return `\n✖ ${where}${file}\n  ${name}\n  ${error.replaceAll("\n", "\n  ")}\n`;
}

main(import.meta.url, test);
