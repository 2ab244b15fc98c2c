// What the environments for Jest and Vitest print when a test times out.

import assert from "node:assert/strict";
import path from "node:path";
import { describe } from "node:test";
import { root, run } from "../support/child.mjs";
import { jest, suiteOf, write } from "../support/jest.mjs";
import { emptyProject, project } from "../support/project.mjs";
import { within } from "../support/test.mjs";

const test = within(200_000);

const WORKER = "export class Box {\n  async fetch() {\n    await new Promise(() => {});\n  }\n}\nexport default {};\n";
const OPTIONS = { modules: true, scriptPath: "worker.mjs", durableObjects: { BOX: "Box" } };
const ASKS = `
  const { BOX } = getMiniflareBindings();
  await BOX.get(BOX.idFromName("a")).fetch("http://box/");`;
/** What a suite has in addition, of which nothing may be printed. */
const OTHERS = `
test("fails", () => { throw new Error("no timeout"); });`;

const REPORT =
  /When the test timed out, this was pending:\s+fetch GET http:\/\/box\/ is not answered after \d+ ms\s+waits for promise at .*worker\.mjs:3:\d+/;
const count = (text) => text.split("When the test timed out").length - 1;

/** Time enough for a worker to start. */
const LIMIT = 5_000;

describe("a test that times out prints what is pending", () => {
  const suite = (t, source, options = {}) =>
    suiteOf(t, {
      source,
      options: { ...OPTIONS, ...options },
      files: { "worker.mjs": WORKER },
    });
  const source = `test("hangs", async () => {${ASKS}\n});${OTHERS}`;

  test("in Jest", async (t) => {
    const { stderr, result } = await jest(suite(t, source), "--runInBand", `--testTimeout=${LIMIT}`);
    assert.equal(result.numFailedTests, 2);
    assert.match(stderr, REPORT);
    assert.equal(count(stderr), 1, stderr);
  });

  test("in Jest, also of a hook", async (t) => {
    const hook = `beforeAll(async () => {${ASKS}\n});\ntest("passes", () => {});`;
    const { stderr } = await jest(suite(t, hook), "--runInBand", `--testTimeout=${LIMIT}`);
    assert.match(stderr, REPORT);
  });

  test("in Jest, and nothing without the option", async (t) => {
    const { stderr, result } = await jest(
      suite(t, source, { trackPending: false }),
      "--runInBand",
      `--testTimeout=${LIMIT}`,
    );
    assert.equal(result.numFailedTests, 2);
    assert.equal(count(stderr), 0, stderr);
  });

  for (const pool of ["forks", "threads"]) {
    test(`in Vitest, in ${pool}`, async (t) => {
      const cwd = project(t, emptyProject(t), ["vitest"]);
      const config = { environmentOptions: OPTIONS, testTimeout: LIMIT, pool, include: ["alone.test.mjs"] };
      write(cwd, {
        "vitest.config.mjs": `import { fileURLToPath } from "node:url";
          const environment = fileURLToPath(import.meta.resolve("miniflare-rs/vitest"));
          export default { test: { ...${JSON.stringify(config)}, environment } };`,
        "worker.mjs": WORKER,
        "alone.test.mjs": `import { test } from "vitest";\n${source}`,
      });
      const bin = path.join(root, "node_modules/vitest/vitest.mjs");
      const { stdout, stderr } = await run(process.execPath, [bin, "run"], { cwd, timeout: 150_000 });
      assert.match(stderr, REPORT, `${stdout}\n${stderr}`);
      assert.equal(count(stderr), 1, stderr);
    });
  }
});
