// How the environments for Jest and Vitest are set up and taken down, as these do for each test file, in a process that has
// done it before. Between two files some time passes, as a test file takes longer than its set-up; it is not measured.
import { setTimeout } from "node:timers/promises";
import { COUNTER } from "./counter.mjs";
import { expect, URL_OF_WORKER } from "./instance.mjs";

/** Miniflare 4 has no such environments. */
export const leftOut = { m4: "left out: has no environments" };

const OPTIONS = { modules: true, kvNamespaces: ["KV"] };
export const OBJECTS = { ...OPTIONS, ...COUNTER };
export const NO_OBJECTS = OPTIONS;

/** What Jest gives an environment. */
function jestConfig(testEnvironmentOptions) {
  const projectConfig = {
    cache: false,
    fakeTimers: { enableGlobally: false },
    globals: {},
    rootDir: process.cwd(),
    testEnvironmentOptions,
    testMatch: [],
  };
  return { globalConfig: {}, projectConfig };
}

const jestContext = { console, docblockPragmas: {}, testPath: "/worker.test.js" };

/** Milliseconds that an environment of Jest's takes; with `use`, what is done with its global scope counts as well. */
export async function jestSetUp(loadEnvironment, options, use = undefined) {
  const Environment = await loadEnvironment("jest");
  const around = async (use) => {
    const environment = new Environment(jestConfig(options), jestContext);
    await environment.setup();
    await use?.(environment.global);
    await environment.teardown();
  };
  return measure(around, use);
}

/** Milliseconds that an environment of Vitest's takes, on a global scope of its own; `use` as for Jest's. */
export async function vitestSetUp(loadEnvironment, options, use = undefined) {
  // Miniflare 2's environment imports Vitest, which asks for the state of the worker it runs in.
  globalThis.__vitest_worker__ ??= { config: {}, environment: { name: "miniflare" } };
  const environment = await loadEnvironment("vitest");
  const around = async (use) => {
    const scope = {};
    const { teardown } = await environment.setup(scope, options);
    await use?.(scope);
    await teardown(scope);
  };
  return measure(around, use);
}

const FILES = 20;
const WARM_UP = 5;
const PAUSE_MS = 20;

async function measure(around, use) {
  await around(useBindings);
  let measured = 0;
  for (let file = 0; file < WARM_UP + FILES; file++) {
    await setTimeout(PAUSE_MS);
    const start = performance.now();
    await around(use);
    if (file >= WARM_UP) measured += performance.now() - start;
  }
  return measured / FILES;
}

/** Uses each binding once: what a test file pays for that in its own realm and worker. */
export async function useBindings(scope) {
  const { KV, COUNTER } = scope.getMiniflareBindings();
  await KV.put("key", "value");
  expect(await KV.get("key"), "value");
  if (COUNTER === undefined) return;
  const response = await COUNTER.get(COUNTER.idFromName("a")).fetch(URL_OF_WORKER);
  expect(await response.text(), "1");
}
