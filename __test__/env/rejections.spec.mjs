// Tags: oracle
// `unhandledrejection` and `rejectionhandled` listeners of a test.

import { describe } from "node:test";
import assert from "node:assert/strict";
import { jest, suiteOf, write } from "../support/jest.mjs";
import { differs } from "../support/miniflare.mjs";
import { emptyProject, project } from "../support/project.mjs";
import { within } from "../support/test.mjs";
import { vitest } from "../support/vitest.mjs";

const test = within(200_000);

/** A test that hears of a rejection and prevents what follows, and one that only hears of it. */
const HEARS = `
  const next = (type, prevents) =>
    new Promise((resolve) => {
      const listener = (event) => {
        if (prevents) event.preventDefault();
        resolve(event);
      };
      addEventListener(type, listener, { once: true });
    });

  test("hears and prevents", async () => {
    const unhandled = next("unhandledrejection", true);
    const reason = new Error("prevented");
    const promise = Promise.reject(reason);
    const event = await unhandled;
    expect(event).toBeInstanceOf(PromiseRejectionEvent);
    expect(event.promise).toBe(promise);
    expect(event.reason).toBe(reason);
    const handled = next("rejectionhandled", false);
    promise.catch(() => {});
    expect((await handled).promise).toBe(promise);
  });`;
const PASSES = `
  test("hears", async () => {
    const unhandled = next("unhandledrejection", false);
    Promise.reject(new Error("passes"));
    expect((await unhandled).reason.message).toBe("passes");
  });`;

describe("a rejection with a listener in the test", differs("the runner reports it in any case"), () => {
  test("is kept from Jest if the test prevents that", async (t) => {
    const { code, result, messages, stderr } = await jest(suiteOf(t, { source: HEARS }), "--runInBand");
    assert.equal(code, 0, messages + stderr);
    assert.equal(result.numPassedTests, 1, messages);
  });

  test("fails the test in Jest otherwise", async (t) => {
    const { code, result, messages } = await jest(suiteOf(t, { source: HEARS + PASSES }), "--runInBand");
    assert.equal(code, 1);
    assert.deepEqual([result.numPassedTests, result.numFailedTests], [1, 1], messages);
    assert.match(messages, /passes/);
    assert.doesNotMatch(messages, /prevented/);
  });

  async function withVitest(t, source) {
    const cwd = project(t, emptyProject(t), ["vitest"]);
    const config = `import { fileURLToPath } from "node:url";
      const environment = fileURLToPath(import.meta.resolve("miniflare-rs/vitest"));
      export default { test: { environment, include: ["alone.test.mjs"] } };`;
    const text = `import { expect, test } from "vitest";\n${source}`;
    write(cwd, { "vitest.config.mjs": config, "alone.test.mjs": text });
    return vitest(cwd, "--reporter=default");
  }

  test("is kept from Vitest if the test prevents that", async (t) => {
    const { code, stdout, stderr } = await withVitest(t, HEARS);
    assert.equal(code, 0, stdout + stderr);
  });

  test("is an error of the run in Vitest otherwise", async (t) => {
    const { code, stdout, stderr } = await withVitest(t, HEARS + PASSES);
    assert.equal(code, 1);
    assert.match(stdout + stderr, /Unhandled Rejection[\s\S]*passes/);
    assert.doesNotMatch(stdout + stderr, /prevented/);
  });
});
