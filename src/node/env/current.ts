// The environment that a test runs in, for modules that the test imports. They may be other copies of this package's files.

import type { TestInstance } from "./test-instance.ts";

/** What the environment gives, and makes if it has not been made. */
interface Current {
  instance(): TestInstance;
  /** `cloudflare:workers`, by the copy of this package whose classes the instance knows. */
  workersModule(): typeof import("../../rpc/node/test-module.ts").testModule;
}

const CURRENT = Symbol.for("miniflare-rs.environment");
const NONE =
  "The helpers of cloudflare:test, and env and exports of cloudflare:workers, are for tests in the environments miniflare-rs/jest and miniflare-rs/vitest. Elsewhere, call the methods of an instance.";

/** Makes an environment the current one of a realm, until what is returned is called. */
function enter(current: Current, scope: object = globalThis): () => void {
  Object.defineProperty(scope, CURRENT, { value: current, configurable: true });
  return () => {
    if (currentIn(scope) === current) Reflect.deleteProperty(scope, CURRENT);
  };
}

/** The environment of a realm, if there is one. */
const currentIn = (scope: object = globalThis): Current | undefined => Reflect.get(scope, CURRENT);

/** @throws outside of an environment */
function current(): TestInstance {
  const found = currentIn();
  if (found === undefined) throw new Error(NONE);
  return found.instance();
}

export { current, currentIn, enter };
export type { Current };
