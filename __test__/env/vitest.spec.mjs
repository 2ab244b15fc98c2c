// Tags: oracle
// The Vitest environment, in suites as users of Miniflare 2's have them: real Vitest, run on fixtures.

import { describe } from "node:test";
import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { stripVTControlCharacters } from "node:util";
import { differs } from "../support/miniflare.mjs";
import { project } from "../support/project.mjs";
import { within } from "../support/test.mjs";
import { vitest } from "../support/vitest.mjs";

const test = within(200_000);

const fixture = fileURLToPath(new URL("./fixtures/vitest", import.meta.url));
/** How many tests the fixture has, but for the one that is skipped; and how many of them are not of the first project. */
const ALL = 20;
const OTHERS = 3;
const RUNS = [
  [ALL, "--pool=forks"],
  [ALL, "--pool=threads"],
  // Files of a project share an instance then, so those with storage of their own are left out.
  [OTHERS, "--pool=threads", "--no-isolate", "--maxWorkers=1", "--project=service", "--project=none"],
];

/** What Vitest says of one suite with options that are wrong. */
async function failure(t, options) {
  const cwd = project(t, fixture, ["vitest"]);
  const config = `import { fileURLToPath } from "node:url";
    const environment = fileURLToPath(import.meta.resolve("miniflare-rs/vitest"));
    export default { test: { environment, environmentOptions: ${JSON.stringify(options)}, include: ["alone.test.mjs"] } };`;
  fs.writeFileSync(path.join(cwd, "vitest.config.mjs"), config);
  fs.writeFileSync(path.join(cwd, "alone.test.mjs"), `import { test } from "vitest";\ntest("runs", () => {});`);
  const { code, stdout, stderr } = await vitest(cwd, "--reporter=default");
  assert.equal(code, 1);
  return stripVTControlCharacters(stdout + stderr);
}

describe("the Vitest environment", differs("it is a package of its own there"), () => {
  for (const [count, ...args] of RUNS) {
    test(`runs a suite with ${args.join(" ")}`, async (t) => {
      const cwd = project(t, fixture, ["vitest"]);
      const { code, stdout, stderr } = await vitest(cwd, "--reporter=tap-flat", ...args);
      assert.doesNotMatch(stdout, /^not ok/m, stderr);
      assert.equal([...stdout.matchAll(/^ok (?!.*# SKIP)/gm)].length, count, stdout + stderr);
      assert.equal(code, 0, stderr);
      assert.doesNotMatch(stderr, /deprecated|did not exit|hanging/i);
    });
  }

  test("says of an option of a wrong type which it is", async (t) => {
    const said = await failure(t, { kvNamespaces: "KV" });
    assert.match(said, /Invalid option "kvNamespaces": expected an array of strings, got "KV"/);
  });

  test("says of a class that the script does not export which it is", async (t) => {
    const options = { modules: true, scriptPath: "modules/worker.mjs", durableObjects: { BOX: "Box" } };
    assert.match(await failure(t, options), /Class "Box" for Durable Object "BOX" not found/);
  });
});
