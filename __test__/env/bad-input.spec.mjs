// Tags: oracle
// What the environments cannot work with: each is told at once, in one error that says what to do.

import { describe } from "node:test";
import assert from "node:assert/strict";
import fs from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { jest, suiteOf, write } from "../support/jest.mjs";
import { differs } from "../support/miniflare.mjs";
import { emptyProject, project } from "../support/project.mjs";
import { within } from "../support/test.mjs";
import { vitest } from "../support/vitest.mjs";

const test = within(200_000);

const RUNS = `test("runs", () => {});`;

/** A package of a version that is there for its version only. */
function pretend(cwd, name, version, main) {
  const folder = path.join(cwd, "node_modules", name);
  fs.rmSync(folder, { force: true });
  write(folder, { "package.json": JSON.stringify({ name, version, main: "index.js" }), "index.js": main });
}

async function failsInJest(cwd, pattern) {
  const { code, result, messages, stderr } = await jest(cwd, "--runInBand");
  assert.equal(code, 1, stderr);
  assert.equal(result.numPassedTests, 0, messages);
  assert.match(messages, pattern);
}

function vitestProject(t, environment) {
  const cwd = project(t, emptyProject(t, { type: "module" }), ["vitest"]);
  const config = { environment: path.join(cwd, environment), include: ["alone.test.mjs"] };
  write(cwd, { "vitest.config.mjs": `export default ${JSON.stringify({ test: config })};`, "alone.test.mjs": RUNS });
  return cwd;
}

async function failsInVitest(cwd, pattern) {
  const { code, stdout, stderr } = await vitest(cwd);
  assert.equal(code, 1);
  assert.match(stdout + stderr, pattern);
}

describe("a runner that an environment cannot work with", differs("it is not checked there"), () => {
  test("is a Jest before version 27", (t) => {
    const cwd = suiteOf(t, { source: RUNS, tools: ["jest"] });
    pretend(cwd, "jest-environment-node", "26.6.2", "module.exports = class {};");
    return failsInJest(
      cwd,
      /needs Jest 27 or newer, and jest-environment-node is of version 26\.6\.2 here: run `npm i -D jest/,
    );
  });

  test("is one without Jest's own runner", (t) => {
    const cwd = suiteOf(t, { source: RUNS, more: { testRunner: "jest-jasmine2" } });
    const circus = createRequire(import.meta.url).resolve("jest-circus/runner");
    pretend(cwd, "jest-jasmine2", "29.7.0", `module.exports = require(${JSON.stringify(circus)});`);
    return failsInJest(
      cwd,
      /needs Jest's runner jest-circus, and the option "testRunner" is ".*jest-jasmine2.*": remove/,
    );
  });

  test("is a Vitest before version 0.34", async (t) => {
    const cwd = vitestProject(t, "node_modules/miniflare-rs/lib/node/vitest.js");
    pretend(cwd, "vitest", "0.33.0", "");
    await failsInVitest(cwd, /needs Vitest 0\.34 or newer, and this is version 0\.33: run `npm i -D vitest@latest`/);
  });
});

describe("an environment that is used twice in a file", differs("it is not checked there"), () => {
  test("fails in Jest, if another one sets it up twice", (t) => {
    const environment = `const Environment = require("miniflare-rs/jest");
      module.exports = class extends Environment {
        async setup() { await super.setup(); await super.setup(); }
      };`;
    const more = { testEnvironment: "<rootDir>/environment.cjs" };
    const cwd = suiteOf(t, { source: RUNS, more, files: { "environment.cjs": environment } });
    return failsInJest(cwd, /miniflare-rs\/jest is set up for this test file already: .* calls super\.setup\(\) once/);
  });

  test("fails in Jest, if a comment names two", (t) => {
    const comment = "/**\n * @jest-environment miniflare-rs/jest\n * @jest-environment node\n */";
    return failsInJest(suiteOf(t, { source: `${comment}\n${RUNS}` }), /only define a single test environment/);
  });

  test("fails in Vitest, if another one sets it up twice", async (t) => {
    const cwd = vitestProject(t, "environment.mjs");
    write(cwd, {
      "environment.mjs": `import miniflare from "miniflare-rs/vitest";
        export default { ...miniflare, async setup(global, options) {
          await miniflare.setup(global, options);
          return miniflare.setup(global, options);
        } };`,
    });
    await failsInVitest(
      cwd,
      /miniflare-rs\/vitest is set up in this global scope already: .* calls its setup\(\) once/,
    );
  });

  test("works in Vitest, if blocks with isolated storage are asked for twice", async (t) => {
    const cwd = vitestProject(t, "node_modules/miniflare-rs/lib/node/vitest.js");
    write(cwd, {
      "alone.test.mjs": `import { expect, test } from "vitest";
        const [one, other] = [setupMiniflareIsolatedStorage(), setupMiniflareIsolatedStorage()];
        for (const describe of [one, other])
          describe("a block", () => test("begins with nothing", async () => {
            expect((await (await caches.open("a")).match("http://localhost/"))).toBe(undefined);
            await (await caches.open("a")).put("http://localhost/", new Response("", { headers: { "cache-control": "max-age=60" } }));
          }));`,
    });
    const { code, stdout, stderr } = await vitest(cwd);
    assert.equal(code, 0, stdout + stderr);
  });
});

describe("an argument that a helper does not know", differs("helpers do not check theirs there"), () => {
  const WRONG = `
    const cases = {
      "a storage of no id": [() => getMiniflareDurableObjectStorage("a"), "takes a Durable Object's id, got \\"a\\" (string)"],
      "a state of no id": [() => getMiniflareDurableObjectState({}), "takes a Durable Object's id, got {} (object)"],
      "an instance of no id": [() => getMiniflareDurableObjectInstance(), "takes a Durable Object's id, got undefined"],
      "alarms of no id": [() => flushMiniflareDurableObjectAlarms(["a"]), "takes a Durable Object's id, got \\"a\\" (string)"],
      "ids of no binding": [() => getMiniflareDurableObjectIds("NONE"), '(one of "BOX"), got "NONE" (string)'],
      "no event": [async () => getMiniflareWaitUntil({}), "takes a FetchEvent, a ScheduledEvent or an ExecutionContext"],
      "no state": [() => runWithMiniflareDurableObjectGates({}, () => {}), "takes a state that getMiniflareDurableObjectState() has given"],
    };
    test.each(Object.entries(cases))("%s", async (_, [call, text]) => {
      const error = await Promise.resolve().then(call).catch((reason) => reason);
      expect(error).toBeInstanceOf(Error);
      expect(error.message).toContain(text);
    });`;

  test("is named in the error", async (t) => {
    const script = "export class Box { fetch() { return new Response(); } }\nexport default {};";
    const options = { modules: true, script, durableObjects: { BOX: "Box" } };
    const { code, result, messages, stderr } = await jest(suiteOf(t, { source: WRONG, options }), "--runInBand");
    assert.equal(code, 0, messages + stderr);
    assert.equal(result.numPassedTests, 7, messages);
  });
});
