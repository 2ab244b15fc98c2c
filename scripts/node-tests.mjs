// `npm run node-tests [-- modules or names of files] [--from <folder of Node's sources>] [--update] [--write]`: runs Node's own
// tests of its modules inside workers, and reports for each module how many pass. A run is compared with
// scripts/node-tests-expectations.json: a test that failed without being expected to, or passed without, fails the run;
// `--update` writes what happened instead, and `--write` the counts into docs/nodejs-compat.md.
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { build } from "./build.mjs";
import { buildTests, findTests, MODULES, runTest } from "./node-tests/run.mjs";
import { built, fetchSources } from "./node-tests/sources.mjs";
import { main, root, say, StepError } from "./steps.mjs";

const EXPECTATIONS = path.join(root, "scripts/node-tests-expectations.json");
const DOCUMENT = path.join(root, "docs/nodejs-compat.md");
/** A test that takes longer is named. */
const SLOW_MS = 10_000;
const [BEGIN, END] = ["<!-- counts of Node's own tests -->", "<!-- end of the counts -->"];

const isChosen = (words) => (test) =>
  words.length === 0 || words.some((word) => test.module === word || test.name === word);

/**
 * Runs the tests that `words` choose; resolves with the tests, each with `result`: "passed", "failed" or "skipped", and
 * `failures`.
 */
export async function runAll(library, folder, words = [], report = () => {}) {
  const tests = findTests(folder).filter(isChosen(words));
  const running = tests.filter((test) => !test.isLeftOut);
  await buildTests(
    folder,
    built(),
    running.map(({ name }) => name),
  );
  for (const test of running) {
    const start = Date.now();
    const { skipped, failures } = await runTest(library, { folder, built: built(), name: test.name });
    test.failures = failures;
    test.result = skipped !== undefined ? "skipped" : failures.length > 0 ? "failed" : "passed";
    test.milliseconds = Date.now() - start;
    report(test);
  }
  return tests;
}

export const readExpectations = () => (existsSync(EXPECTATIONS) ? JSON.parse(readFileSync(EXPECTATIONS, "utf8")) : {});

/** What is not as expected: lists of lines. */
export function compare(tests, expectations) {
  const failed = [];
  const passed = [];
  for (const { module, name, result, failures } of tests) {
    const isExpected = Object.hasOwn(expectations[module] ?? {}, name);
    if (result === "failed" && !isExpected) failed.push(`${name}: ${failures[0].text}`);
    if (result === "passed" && isExpected) passed.push(name);
  }
  return { failed, passed };
}

/** Counts for each module. */
export function countsOf(tests) {
  const table = {};
  for (const { module, result } of tests) {
    const row = (table[module] ??= { module, all: 0, run: 0, passed: 0 });
    row.all++;
    if (result === "passed" || result === "failed") row.run++;
    if (result === "passed") row.passed++;
  }
  return Object.values(table);
}

function update(tests) {
  const expectations = readExpectations();
  for (const { module, name, result, failures } of tests) {
    expectations[module] ??= {};
    delete expectations[module][name];
    if (result === "failed")
      expectations[module][name] = failures[0].text
        .split("\n")[0]
        .replace(/ at .*/, "")
        .slice(0, 120);
  }
  const sorted = Object.entries(expectations).sort(([a], [b]) => (a < b ? -1 : 1));
  writeFileSync(EXPECTATIONS, `${JSON.stringify(Object.fromEntries(sorted), null, 2)}\n`);
}

function write(counts) {
  const text = readFileSync(DOCUMENT, "utf8");
  const [before, after] = [text.indexOf(BEGIN), text.indexOf(END)];
  if (before < 0 || after < 0)
    throw new StepError(`${DOCUMENT} has no place for the counts`, `add ${BEGIN} and ${END}`);
  const written = text.slice(before, after).matchAll(/^\| `(\w+)` .*$/gm);
  const rows = new Map([...written].map(([row, module]) => [module, row]));
  for (const { module, all, run, passed } of counts) {
    rows.set(module, `| \`${module}\` | ${all} | ${run} | ${passed} |`);
  }
  const lines = Object.keys(MODULES).flatMap((module) => rows.get(module) ?? []);
  const table = ["| module | tests | run | passed |", "| --- | --- | --- | --- |", ...lines].join("\n");
  writeFileSync(DOCUMENT, `${text.slice(0, before + BEGIN.length)}\n\n${table}\n\n${text.slice(after)}`);
}

function arguments_() {
  const args = process.argv.slice(2);
  const at = args.indexOf("--from");
  const from = at < 0 ? undefined : args.splice(at, 2)[1];
  return {
    from,
    flags: args.filter((arg) => arg.startsWith("--")),
    words: args.filter((arg) => !arg.startsWith("--")),
  };
}

async function nodeTests() {
  const { from, flags, words } = arguments_();
  build();
  // What a test leaves behind is not this process's to fail with.
  process.on("unhandledRejection", () => {});
  const library = await import(pathToFileURL(path.join(root, "index.mjs")).href);
  const folder = from === undefined ? fetchSources() : path.resolve(from);
  const tests = await runAll(library, folder, words, ({ name, result, failures, milliseconds }) => {
    if (milliseconds > SLOW_MS) say(`${name}: ${Math.round(milliseconds / 1000)} s`);
    if (result === "failed") say(`${name}: ${failures[0].text.split("\n")[0]}`);
  });
  const counts = countsOf(tests);
  for (const { module, all, run, passed } of counts) say(`${module}: ${passed} of ${run} passed, of ${all} tests`);
  if (flags.includes("--write")) write(counts);
  if (flags.includes("--update")) return update(tests);
  const { failed, passed } = compare(tests, readExpectations());
  for (const line of failed) say(`failed unexpectedly: ${line}`);
  for (const line of passed) say(`expected to fail, and passed: ${line}`);
  process.exitCode = failed.length + passed.length > 0 ? 1 : 0;
}

main(import.meta.url, nodeTests);
