// Tags: oracle
// Mounts in an environment: as those of the main worker, their scripts run only for objects.

import { describe } from "node:test";
import assert from "node:assert/strict";
import { jest, suiteOf } from "../support/jest.mjs";
import { differs } from "../support/miniflare.mjs";
import { within } from "../support/test.mjs";

const test = within(200_000);

const THROWS = "throw new Error('this script runs');";
const BOX = `export class Box {
  fetch(request) { return new Response(new URL(request.url).pathname); }
}
export default {};`;
async function passes(t, options, source, files = {}) {
  const { code, result, stderr, messages } = await jest(suiteOf(t, { options, source, files }), "--runInBand");
  assert.equal(code, 0, messages + stderr);
  assert.equal(result.numPassedTests, 1, messages);
}

describe("a mount in an environment", differs("the environments are packages of their own there"), () => {
  test("neither has its script read nor needs one", (t) => {
    const mounts = {
      none: {},
      missing: { modules: true, scriptPath: "there/is/no/such.mjs", kvNamespaces: ["KV"] },
      throwing: { script: THROWS },
      folder: "mounted",
    };
    const files = { "mounted/wrangler.toml": 'main = "there/is/no/such.mjs"' };
    const source = `test("has bindings", () => expect(getMiniflareBindings().KEY).toBe("value"));`;
    return passes(t, { bindings: { KEY: "value" }, mounts }, source, files);
  });

  test("has its script run for objects of its own, and for those that other workers bind", (t) => {
    const mounts = {
      own: { modules: true, script: BOX, durableObjects: { OWN: "Box" } },
      home: { modules: true, script: BOX },
      unneeded: { script: THROWS },
    };
    const durableObjects = { BOX: { className: "Box", scriptName: "home" } };
    const source = `test("reaches an object", async () => {
      const { BOX } = getMiniflareBindings();
      const response = await BOX.get(BOX.newUniqueId()).fetch("http://localhost/path");
      expect(await response.text()).toBe("/path");
    });`;
    return passes(t, { modules: true, script: THROWS, durableObjects, mounts }, source);
  });

  test("has its script run for queues that it consumes", async (t) => {
    const mounts = { own: { script: THROWS, queueConsumers: ["queue"] } };
    const { code, messages } = await jest(suiteOf(t, { options: { mounts }, source: `test("", () => {});` }));
    assert.equal(code, 1);
    assert.match(messages, /Error mounting "own"/);
  });

  test("learns of a script that its objects need", async (t) => {
    const mounts = { own: { modules: true, scriptPath: "there/is/no/such.mjs", durableObjects: { OWN: "Box" } } };
    const { code, messages } = await jest(suiteOf(t, { options: { mounts }, source: `test("", () => {});` }));
    assert.equal(code, 1);
    assert.match(messages, /Error mounting "own"|there\/is\/no\/such\.mjs/);
  });
});
