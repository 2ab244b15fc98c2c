// The child process of one measurement: loads one implementation, runs one scenario, reports one result.
import { writeSync } from "node:fs";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";
import { inspect } from "node:util";
import { RESULT_FD } from "./child-contract.mjs";

function load({ module, command, fetchMockModule = module, environments = {} }) {
  const require = createRequire(module);
  const { createFetchMock } = require(fetchMockModule);
  const { Miniflare, Response } = require(module);
  return { Miniflare, Response, command, createFetchMock, loadEnvironment };

  /** The environment for a test runner, "jest" or "vitest": what the package's default export is. */
  async function loadEnvironment(runner) {
    const { default: exported } = await import(pathToFileURL(require.resolve(environments[runner])));
    return exported.default ?? exported;
  }
}

function report(result) {
  writeSync(RESULT_FD, JSON.stringify(result));
  // Whatever an implementation leaves behind may not delay or fail the next measurement.
  process.exit();
}

const fail = (error) => report({ error: error instanceof Error ? `${error.name}: ${error.message}` : inspect(error) });
const failIdle = () => fail(new Error("the scenario awaits a promise, and nothing is left that could settle it"));
process.on("uncaughtException", fail);
process.once("beforeExit", failIdle);

try {
  const task = JSON.parse(process.argv[2]);
  const { default: scenario } = await import(pathToFileURL(task.scenario));
  report({ value: await scenario.run(load(task)) });
} catch (error) {
  fail(error);
}
