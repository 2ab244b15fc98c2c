// Tags: oracle
// The Jest environment, in suites as users of Miniflare 2's have them: real Jest, run on fixtures.

import { describe } from "node:test";
import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { differs } from "../support/miniflare.mjs";
import { jest, TOOLS, write } from "../support/jest.mjs";
import { project } from "../support/project.mjs";
import { within } from "../support/test.mjs";

const test = within(200_000);

const fixture = fileURLToPath(new URL("./fixtures/jest", import.meta.url));

/** A project with the fixture, and a package that exports something else to each condition. */
function suite(t, tools = TOOLS) {
  const cwd = project(t, fixture, tools);
  const exports = Object.fromEntries(["custom", "worker", "default"].map((name) => [name, `./${name}.js`]));
  const files = Object.keys(exports).map((name) => [`${name}.js`, `module.exports = "${name}";`]);
  write(path.join(cwd, "node_modules/conditional"), {
    "package.json": JSON.stringify({ name: "conditional", version: "1.0.0", exports }),
    ...Object.fromEntries(files),
  });
  return cwd;
}

/** How many tests the fixture has, but for the two that are skipped. */
const PASSED = 48;
const SUITES = 8;

function passed({ code, result, stderr, messages }) {
  assert.equal(result.numFailedTests, 0, messages);
  assert.equal(result.numRuntimeErrorTestSuites, 0, messages);
  assert.deepEqual([result.numPassedTests, result.numPassedTestSuites], [PASSED, SUITES], stderr);
  assert.equal(code, 0, stderr);
  assert.doesNotMatch(stderr, /did not exit|force exited|open handle/i);
}

/** Runs one suite of a text, with options and in a project that may be wrong, and gives what Jest says. */
async function alone(t, options, source, tools = TOOLS) {
  const cwd = suite(t, tools);
  const config = { testEnvironment: "miniflare-rs/jest", transform: {}, testEnvironmentOptions: options };
  fs.rmSync(path.join(cwd, "jest.config.mjs"));
  write(cwd, { "jest.config.json": JSON.stringify({ ...config, testMatch: ["<rootDir>/alone.test.cjs"] }) });
  write(cwd, { "alone.test.cjs": source, "worker.mjs": "export class Box {} export default {};" });
  return jest(cwd, "--runInBand");
}

describe("the Jest environment", differs("it is a package of its own there"), () => {
  test("runs a suite in one process", async (t) => passed(await jest(suite(t), "--runInBand")));

  test("runs a suite in child processes", async (t) => passed(await jest(suite(t), "--maxWorkers=2")));

  test("runs a suite in worker threads", async (t) => {
    passed(await jest(suite(t), "--maxWorkers=2", "--workerThreads"));
  });

  test("leaves no handle open", async (t) => passed(await jest(suite(t), "--runInBand", "--detectOpenHandles")));

  test("leaves nothing of a file behind", async (t) => passed(await jest(suite(t), "--runInBand", "--detectLeaks")));
});

describe("a project of the Jest environment", differs("it is a package of its own there"), () => {
  async function passes(t, options, source, tools, count = 1) {
    const { code, result, stderr, messages } = await alone(t, options, source, tools);
    assert.equal(code, 0, messages + stderr);
    assert.equal(result.numPassedTests, count, messages);
  }

  test("need not have Jest's environment for Node within reach, if it has Jest", (t) =>
    passes(t, {}, `test("has bindings", () => expect(getMiniflareBindings()).toEqual({}));`, ["jest"]));

  test("may give options in a comment of the test file", (t) => {
    const comment = `/**\n * @jest-environment-options {"bindings":{"KEY":"of the comment"}}\n */`;
    return passes(
      t,
      { bindings: { KEY: "of the project" } },
      `${comment}\ntest("", () => expect(KEY).toBe("of the comment"));`,
    );
  });

  test("may have Jest take apart what a file leaves in its global scope", (t) => {
    const source = `
      const { KV } = getMiniflareBindings();
      globalThis.left = { KV };
      test("", async () => expect(await left.KV.get("key")).toBe(null));`;
    return passes(t, { kvNamespaces: ["KV"], globalsCleanup: "on" }, source);
  });

  test("sees what its objects log on the console of the test", (t) => {
    const objects = { modules: true, durableObjects: { BOX: "Box" }, script: BOX };
    const source = `test("logs", async () => {
      const log = jest.spyOn(console, "log").mockImplementation(() => {});
      const { BOX } = getMiniflareBindings();
      await BOX.get(BOX.newUniqueId()).fetch("http://localhost/");
      expect(log).toHaveBeenCalledWith("from the object", { a: 1 });
    });`;
    return passes(t, objects, source);
  });

  test("has a new worker in the next test after an object was stopped by a limit", (t) => {
    const objects = { modules: true, durableObjects: { BOX: "Box" }, script: BOX, cpuLimitMs: 50 };
    const source = `
      const ask = async (path) => {
        const { BOX } = getMiniflareBindings();
        return BOX.get(BOX.idFromName("a")).fetch("http://localhost" + path);
      };
      test("stops", () => expect(ask("/loop")).rejects.toMatchObject({ code: "ERR_CPU_LIMIT" }));
      test("goes on", async () => expect((await ask("/")).status).toBe(200));`;
    return passes(t, objects, source, undefined, 2);
  });
});

const BOX = `export class Box {
  async fetch(request) {
    if (request.url.endsWith("/loop")) while (true) {}
    console.log("from the object", { a: 1 });
    return new Response();
  }
}
export default {};`;

describe("what is wrong with a project of the Jest environment", differs("it is a package of its own there"), () => {
  const SOURCE = `test("runs", () => {});`;

  async function failsWith(t, options, pattern, source = SOURCE) {
    const { code, result, messages } = await alone(t, options, source);
    assert.equal(code, 1);
    assert.equal(result.numPassedTests, 0);
    assert.match(messages, pattern);
  }

  test("is said of an option of a wrong type", (t) =>
    failsWith(t, { kvNamespaces: "KV" }, /Invalid option "kvNamespaces": expected an array of strings, got "KV"/));

  test("is said of export conditions", (t) =>
    failsWith(
      t,
      { customExportConditions: ["worker", 1] },
      /Custom export conditions specified but they are not an array of strings/,
    ));

  test("is said of a class that the script does not export", (t) => {
    const objects = { modules: true, scriptPath: "worker.mjs", durableObjects: { BOX: "Box2" } };
    return failsWith(t, objects, /Class "Box2" for Durable Object "BOX" not found/);
  });

  test("is said of a script that is not there, when objects need it", (t) => {
    const objects = { modules: true, durableObjects: { BOX: "Box" } };
    return failsWith(t, objects, /No script defined/);
  });

  test("is said of Jest's environment for Node when it is not installed", async (t) => {
    const { code, result, messages } = await alone(t, {}, SOURCE, []);
    assert.equal(code, 1);
    assert.equal(result.numPassedTests, 0);
    assert.match(messages, /miniflare-rs\/jest needs the package "jest-environment-node".*npm i -D/);
  });
});
