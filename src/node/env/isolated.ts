// Isolated storage in Vitest: a test undoes what it and the hooks around it have stored, and a block what its `beforeAll` has.
//
// A hook may return a function, which Vitest calls once the hooks that follow a test or a block are done, however it is told
// to order hooks. So what is stored is remembered by a hook that comes before all others, and brought back after them.

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

/** Isolates the tests of the file, or of the block it is called in; the `describe` for blocks that are isolated as well. */
function isolatedStorage(vitest, environment) {
  const remember = () => environment.remember();
  vitest.beforeEach(remember);
  const isolated = (block) =>
    function (...args) {
      vitest.beforeAll(remember);
      return block.apply(this, args);
    };
  return isolating(vitest.describe, isolated);
}

export { isolatedStorage, vitestOf };
