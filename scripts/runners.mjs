// The versions of test runners that the specs use. Those that are not among the development dependencies are fetched when
// something runs on them, so that `npm ci` stays light.
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { otherNodes } from "./nodes.mjs";
import { longStep, npm, root } from "./steps.mjs";

/** What compiles TypeScript for the tests. Vitest has esbuild, or what took its place, within. */
const TS_JEST = { 27: "ts-jest@27.1.5", 28: "ts-jest@28.0.8", 29: "ts-jest@29.4.6", 30: "ts-jest@29.4.6" };
const TYPESCRIPT = { 27: "typescript@4.9.5", 28: "typescript@4.9.5", 29: "typescript@5.9.3", 30: "typescript@5.9.3" };
const ESBUILD = "esbuild@0.25.12";

const jest = (version) => {
  const major = Number.parseInt(version, 10);
  return { name: "jest", version, packages: [`jest@${version}`, TS_JEST[major], TYPESCRIPT[major], ESBUILD] };
};
/** @param node the oldest Node that it runs on */
const vitest = (version, node = 0) => ({ name: "vitest", version, node, packages: [`vitest@${version}`] });

/** What the environments work with, from the oldest to the newest of each. */
export const RUNNERS = {
  jest: [jest("27.5.1"), jest("28.1.3"), jest("29.7.0"), jest("30.4.0")],
  vitest: [vitest("0.34.6"), vitest("1.6.1"), vitest("2.1.9"), vitest("3.2.7"), vitest("4.1.12"), vitest("5.1.2", 22)],
};

/** Vitest with its provider of coverage by V8, which it expects to be of its own version. */
const vitestWithCoverage = ({ version, node }) => {
  const packages = [`vitest@${version}`, `@vitest/coverage-v8@${version}`];
  return { name: "vitest-coverage", version, node, packages };
};

/** Those with a provider that can be extended, from the oldest to the newest. */
export const VITEST_COVERAGE = RUNNERS.vitest.slice(1).map(vitestWithCoverage);

/** What suites that write `new Miniflare()` are run with, besides `node:test`, Jest and Vitest. */
export const PLAIN_RUNNERS = {
  ava: { name: "ava", version: "6.4.1", packages: ["ava@6.4.1"] },
  mocha: { name: "mocha", version: "11.8.0", packages: ["mocha@11.8.0"] },
};

/** The folder of packages that a runner and what it needs are in, fetched when they are not there. */
export function fetchRunner({ name, version, packages }) {
  const folder = path.join(root, "node_modules/.cache/runners", `${name}-${version}`);
  const modules = path.join(folder, "node_modules");
  if (existsSync(folder) && readFileSync(path.join(folder, "packages"), "utf8") === packages.join()) return modules;
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(path.dirname(folder), { recursive: true });
  // In place only when it is complete: a process that is ended meanwhile leaves nothing that looks like one.
  const stage = mkdtempSync(`${folder}-`);
  writeFileSync(path.join(stage, "package.json"), '{ "private": true }');
  writeFileSync(path.join(stage, "packages"), packages.join());
  const quiet = ["--silent", "--no-audit", "--no-fund", "--no-package-lock", "--ignore-scripts"];
  const remedy = "check that the npm registry is reachable: npm ping";
  longStep(`fetch ${packages.join(", ")}`, () =>
    npm(["install", ...quiet, "--prefix", stage, ...packages], { remedy }),
  );
  renameSync(stage, folder);
  return modules;
}

/** The Node that a runner runs on: this one, or the oldest of the others that is new enough. */
export function nodeFor({ node = 0 }) {
  const isEnough = (version) => Number.parseInt(version, 10) >= node;
  if (isEnough(process.versions.node)) return { version: process.versions.node, command: process.execPath };
  return otherNodes().find(({ version }) => isEnough(version));
}
