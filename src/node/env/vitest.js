"use strict";
// Vitest's environment, which Vitest's configuration names by its path. What a worker finds in its own realm becomes global
// for a test file, and is taken away when the file is done: an instance for each file, bindings, helpers, and blocks whose
// tests undo what they have stored.

const { createEnvironment } = require("./environment.js");

/** Puts globals in the place of what has their names; a function that undoes it. What has a getter is made by it. */
function replace(target, ...globals) {
  const properties = globals.flatMap((some) => Object.entries(Object.getOwnPropertyDescriptors(some)));
  const before = properties.map(([name]) => [name, Object.getOwnPropertyDescriptor(target, name)]);
  for (const [name, { get, value, enumerable }] of properties) {
    const writable = (one) => ({ value: one, writable: true, configurable: true, enumerable });
    const set = (one) => void Object.defineProperty(target, name, writable(one));
    const property = get === undefined ? writable(value) : { get, set, configurable: true, enumerable };
    Object.defineProperty(target, name, property);
  }
  return () => {
    for (const [name, descriptor] of before) {
      if (descriptor === undefined) delete target[name];
      else Object.defineProperty(target, name, descriptor);
    }
  };
}

/** What the test file gets by `import ... from "vitest"`: Vitest leaves it there for tests in sources. */
function vitestOf(target) {
  const vitest = target.__vitest_index__ ?? target;
  if (typeof vitest.describe === "function") return vitest;
  throw new Error("setupMiniflareIsolatedStorage() is for test files that Vitest runs: it has found no describe()");
}

/** `describe`, with all that hangs on it (`describe.only`, `describe.each` and the like), of blocks that are `isolated`. */
function isolating(describe, isolated) {
  const wrap = (value) => (typeof value === "function" ? isolating(value, isolated) : value);
  const factory = (value) => (typeof value === "function" ? isolated(value) : value);
  // The values of a table, describe.each`...`, are no blocks.
  const given = (args) => (args[0]?.raw === undefined ? args.map(factory) : args);
  return new Proxy(describe, {
    apply: (target, self, args) => wrap(Reflect.apply(target, self, given(args))),
    get: (target, key) => wrap(Reflect.get(target, key)),
  });
}

/** Storage is remembered where a block or a test begins, before other hooks, and brought back after them. */
function isolatedStorage(vitest, environment) {
  const isolated = (block) =>
    function (...args) {
      const tests = new Map();
      const ofBlock = {};
      vitest.beforeAll(() => environment.remember(ofBlock));
      vitest.afterAll(() => environment.restore(ofBlock));
      vitest.beforeEach(({ task }) => {
        tests.set(task.id, {});
        return environment.remember(tests.get(task.id));
      });
      vitest.afterEach(({ task }) => environment.restore(tests.get(task.id)));
      return block.apply(this, args);
    };
  return isolating(vitest.describe, isolated);
}

/** The major version of the Vitest of the project. */
function vitestMajor() {
  try {
    const file = require.resolve("vitest/package.json", { paths: [process.cwd(), __dirname] });
    return Number.parseInt(require(file).version, 10);
  } catch {
    return Number.POSITIVE_INFINITY;
  }
}

module.exports = {
  name: "miniflare-rs",
  viteEnvironment: "ssr",
  /** What `viteEnvironment` was called before Vitest 4, which warns of whoever has it still. */
  get transformMode() {
    return vitestMajor() < 4 ? "ssr" : undefined;
  },
  async setup(target, options) {
    const environment = await createEnvironment(options);
    const own = {
      self: target,
      setupMiniflareIsolatedStorage: () => isolatedStorage(vitestOf(target), environment),
    };
    const undo = replace(target, environment.globals, own);
    return {
      async teardown() {
        undo();
        await environment.dispose();
      },
    };
  },
};
