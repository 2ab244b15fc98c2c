// Isolated storage in Vitest: a test undoes what it and the hooks around it have stored, and a block what its `beforeAll` has.
//
// A hook may return a function, which Vitest calls once the hooks that follow a test or a block are done, however it is told
// to order hooks. So what is stored is remembered by a hook that comes before all others, and brought back after them.

import type { Environment } from "./environment.ts";

type Hook = (...args: unknown[]) => unknown;
type Describe = typeof import("vitest")["describe"];
/** What is used of Vitest. */
interface Vitest {
  describe: Describe;
  beforeAll(hook: Hook): void;
  beforeEach(hook: Hook): void;
}
type Block = (this: unknown, ...args: unknown[]) => unknown;
type Wrapper = (block: Block) => Block;

/** What the test file gets by `import ... from "vitest"`: Vitest leaves it there for tests in sources. */
function vitestOf(target: Record<string, unknown>): Vitest {
  const vitest = (target.__vitest_index__ ?? target) as Vitest;
  if (typeof vitest.describe === "function") return vitest;
  throw new Error("setupMiniflareIsolatedStorage() is for test files that Vitest runs: it has found no describe()");
}

/** `describe`, with all that hangs on it (`describe.only`, `describe.each` and the like), of blocks that are `isolated`. */
function isolating<Target extends object>(describe: Target, isolated: Wrapper): Target {
  const wrap = (value: unknown): unknown => (isFunction(value) ? isolating(value, isolated) : value);
  const factory = (value: unknown) => (isFunction(value) ? isolated(value) : value);
  // The values of a table, describe.each`...`, are no blocks.
  const given = (args: unknown[]) => (rawOf(args[0]) === undefined ? args.map(factory) : args);
  return new Proxy(describe, {
    apply: (target, self, args) => wrap(Reflect.apply(target as typeof describe & Block, self, given(args))),
    get: (target, key) => wrap(Reflect.get(target, key)),
  });
}

const isFunction = (value: unknown): value is Block => typeof value === "function";
/** The texts of a template. */
const rawOf = (value: unknown) => (value as Partial<TemplateStringsArray> | null | undefined)?.raw;

/** Isolates the tests of the file, or of the block it is called in; the `describe` for blocks that are isolated as well. */
function isolatedStorage(vitest: Vitest, environment: Environment): Describe {
  const remember = () => environment.remember();
  vitest.beforeEach(remember);
  const isolated: Wrapper = (block) =>
    function (...args) {
      vitest.beforeAll(remember);
      return block.apply(this, args);
    };
  return isolating(vitest.describe, isolated);
}

export { isolatedStorage, vitestOf };
