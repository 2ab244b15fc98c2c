// Tags: oracle
// Options of the environments as they arrive: as JSON, from configurations, command lines and comments.

import { describe } from "node:test";
import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import { jest, suiteOf, write } from "../support/jest.mjs";
import { differs } from "../support/miniflare.mjs";
import { emptyProject, project } from "../support/project.mjs";
import { within } from "../support/test.mjs";
import { vitest } from "../support/vitest.mjs";

const test = within(200_000);

const BOX = `export class Box { fetch() { while (true) {} } }
export default {};`;
const SOURCE = `test("has objects", async () => {
  const { BOX } = getMiniflareBindings();
  const ask = async () => BOX.get(BOX.newUniqueId()).fetch("http://localhost/");
  await expect(ask()).rejects.toMatchObject({ code: "ERR_CPU_LIMIT" });
});`;
/** As a command line may give them. */
const TEXTS = { modules: "true", cpuLimitMs: "50", cache: "false", script: BOX, durableObjects: { BOX: "Box" } };
const WARNING = /modules: true, cpuLimitMs: 50, cache: false of the environment's options are text.*without quotes/g;

/** A project of Vitest's with one test file. */
function vitestProject(t, options, source, environment = "miniflare-rs/lib/node/vitest.js") {
  const cwd = project(t, emptyProject(t), ["vitest"]);
  const test = { environment: path.join(cwd, "node_modules", environment), environmentOptions: options };
  write(cwd, {
    "vitest.config.mjs": `export default ${JSON.stringify({ test: { ...test, include: ["alone*.test.mjs"] } })};`,
    "alone.test.mjs": `import { expect, test } from "vitest";\n${source}`,
  });
  return cwd;
}

describe("options that are text", differs("options are not checked there"), () => {
  test("are taken for the booleans and numbers they say in Jest, with one warning", async (t) => {
    const cwd = suiteOf(t, { options: TEXTS, source: SOURCE, more: { testMatch: ["<rootDir>/alone*.test.cjs"] } });
    fs.copyFileSync(path.join(cwd, "alone.test.cjs"), path.join(cwd, "alone-too.test.cjs"));
    const { code, stderr, messages } = await jest(cwd, "--runInBand");
    assert.equal(code, 0, messages + stderr);
    assert.equal([...stderr.matchAll(WARNING)].length, 1, stderr);
  });

  test("are taken for them in Vitest as well", async (t) => {
    const { code, stdout, stderr } = await vitest(vitestProject(t, TEXTS, SOURCE));
    assert.equal(code, 0, stdout + stderr);
    assert.equal([...stderr.matchAll(WARNING)].length, 1, stderr);
  });

  test("may stand on Jest's command line", async (t) => {
    const cwd = suiteOf(t, { source: `test("", () => expect(getMiniflareBindings()).toEqual({ A: "true" }));` });
    const options = JSON.stringify({ modules: "true", bindings: { A: "true" } });
    const { code, stderr, messages } = await jest(cwd, "--testEnvironmentOptions", options);
    assert.equal(code, 0, messages + stderr);
  });
});

describe("options of other environments", differs("options are not checked there"), () => {
  const BINDINGS = `test("", () => expect(getMiniflareBindings()).toEqual({ KEY: "value" }));`;
  const own = { modules: true, bindings: { KEY: "value" } };

  test("may be among those of Jest", async (t) => {
    const options = { ...own, url: "http://localhost/", html: "<p>", userAgent: "agent" };
    const { code, stderr, messages } = await jest(suiteOf(t, { options, source: BINDINGS }), "--runInBand");
    assert.equal(code, 0, messages + stderr);
  });

  test("may be among those of Vitest", async (t) => {
    const options = { ...own, jsdom: { url: "http://localhost/" }, happyDOM: {} };
    const { code, stdout, stderr } = await vitest(vitestProject(t, options, BINDINGS));
    assert.equal(code, 0, stdout + stderr);
  });
});

const WRONG = [
  [
    "an option that is text and no boolean",
    { modules: "yes" },
    /Invalid option "modules": expected a boolean, got "yes"/,
  ],
  [
    "an option that is text and no number",
    { cpuLimitMs: "a lot" },
    /Invalid option "cpuLimitMs": expected .* got "a lot"/,
  ],
  ["a number that is text and out of range", { cpuLimitMs: "-1" }, /Invalid option "cpuLimitMs": expected .* got -1/],
  ["an option of another type", { modules: 1 }, /Invalid option "modules": expected a boolean, got 1 \(number\)/],
  [
    "a misspelt option",
    { kvNamespace: ["KV"] },
    /Unknown option "kvNamespace" of the environment: did you mean "kvNamespaces"\?/,
  ],
  ["an option that is like none", { somethingElse: 1 }, /Unknown option "somethingElse" of the environment: remove it/],
];

/** A test file for each, with its options in a comment. */
const WRONG_FILES = Object.fromEntries(
  WRONG.map(([, options], index) => {
    const comment = `/**\n * @jest-environment-options ${JSON.stringify(options)}\n */`;
    return [`wrong-${index}.test.cjs`, `${comment}\ntest("", () => {});`];
  }),
);

describe("options that are wrong", differs("options are not checked there"), () => {
  test("fail their test files of Jest", async (t) => {
    const more = { testMatch: ["<rootDir>/wrong-*.test.cjs"] };
    const { code, result } = await jest(suiteOf(t, { source: "", more, files: WRONG_FILES }), "--runInBand");
    assert.equal(code, 1);
    assert.equal(result.numPassedTests, 0);
    for (const [index, [what, , pattern]] of WRONG.entries()) {
      const { message } = result.testResults.find(({ name }) => name.endsWith(`wrong-${index}.test.cjs`));
      assert.match(message, pattern, what);
    }
  });

  test("fail a test file of Vitest", async (t) => {
    const { code, stdout, stderr } = await vitest(vitestProject(t, { kvNamespace: ["KV"] }, `test("", () => {});`));
    assert.equal(code, 1);
    assert.match(stdout + stderr, /Unknown option "kvNamespace" of the environment: did you mean "kvNamespaces"\?/);
  });
});
