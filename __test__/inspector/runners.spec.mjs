// A debugger stops in workers of test suites: real Jest and Vitest, with the inspector as an option of their environments, and in
// their processes' worker threads.

import { describe } from "node:test";
import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { Debugger } from "../support/inspector.mjs";
import { jest, TOOLS, write } from "../support/jest.mjs";
import { emptyProject, project } from "../support/project.mjs";
import { freePort } from "../support/server.mjs";
import { within } from "../support/test.mjs";
import { vitest } from "../support/vitest.mjs";

const test = within(240_000);

const WORKER = `export class Speaker {
  fetch() {
    const text = "as written";
    return new Response(text);
  }
}
export default {};
`;
const LINE_OF_RESPONSE = 3;
const TEST = `test("asks an object", async () => {
  const { SPEAKER } = getMiniflareBindings();
  const res = await SPEAKER.get(SPEAKER.newUniqueId()).fetch("http://localhost/");
  expect(await res.text()).toBe("as changed");
}, 200000);
`;

/** Connects as soon as there is a server: the process says of no other way when that is. */
async function connected(t, url, ended) {
  let isOver = false;
  ended.finally(() => (isOver = true)).catch(() => {});
  for (;;) {
    try {
      return await Debugger.connect(t, url);
    } catch (error) {
      if (isOver) return undefined;
      if (error.code !== "ECONNREFUSED" && !/404/.test(error.message)) throw error;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}

/** Runs a suite whose test passes only if a debugger changes a variable of the worker. */
async function debugged(t, prepare, run) {
  const cwd = project(t, emptyProject(t), prepare.tools);
  const port = await freePort();
  const options = {
    modules: true,
    scriptPath: "worker.mjs",
    durableObjects: { SPEAKER: "Speaker" },
    inspectorPort: port,
    inspectorBreak: true,
  };
  write(cwd, { "worker.mjs": WORKER, ...prepare.files(options) });
  const ended = run(cwd);
  const client = await connected(t, `ws://127.0.0.1:${port}/worker`, ended);
  if (client !== undefined) await change(client, pathToFileURL(path.join(fs.realpathSync(cwd), "worker.mjs")).href);
  return ended;
}

async function change(client, url) {
  await client.call("Runtime.enable");
  await client.call("Debugger.enable");
  await client.call("Debugger.setBreakpointByUrl", { url, lineNumber: LINE_OF_RESPONSE });
  await client.call("Runtime.runIfWaitingForDebugger");
  const start = await client.paused();
  assert.deepEqual([start.reason, start.frames[0].url], ["Break on start", url]);
  await client.call("Debugger.resume");
  const { frames } = await client.paused();
  assert.equal(await client.evaluate("text", frames[0]), "as written");
  const callFrameId = frames[0].id;
  const scopeNumber = frames[0].scopes.findIndex(({ type }) => type === "local");
  assert.equal(scopeNumber, 0);
  await client.call("Debugger.setVariableValue", {
    scopeNumber,
    variableName: "text",
    newValue: { value: "as changed" },
    callFrameId,
  });
  await client.call("Debugger.resume");
}

describe("a debugger stops in the worker of a suite", () => {
  test("of Jest", async (t) => {
    const files = (testEnvironmentOptions) => ({
      "jest.config.json": JSON.stringify({
        testEnvironment: "miniflare-rs/jest",
        testEnvironmentOptions,
        transform: {},
        testMatch: ["<rootDir>/alone.test.cjs"],
      }),
      "alone.test.cjs": TEST,
    });
    const { result, messages } = await debugged(t, { tools: TOOLS, files }, (cwd) => jest(cwd, "--runInBand"));
    assert.deepEqual([result.numPassedTests, result.numFailedTests], [1, 0], messages);
  });

  for (const pool of ["forks", "threads"]) {
    test(`of Vitest, with --pool=${pool}`, async (t) => {
      const files = (environmentOptions) => ({
        "vitest.config.mjs": `import { fileURLToPath } from "node:url";
          const environment = fileURLToPath(import.meta.resolve("miniflare-rs/vitest"));
          const test = { environment, environmentOptions: ${JSON.stringify(environmentOptions)}, include: ["alone.test.mjs"] };
          export default { test };`,
        "alone.test.mjs": `import { expect, test } from "vitest";\n${TEST}`,
      });
      const run = (cwd) => vitest(cwd, "--reporter=default", `--pool=${pool}`, "--hookTimeout=0");
      const { code, stdout, stderr } = await debugged(t, { tools: ["vitest"], files }, run);
      assert.equal(code, 0, stdout + stderr);
    });
  }
});
