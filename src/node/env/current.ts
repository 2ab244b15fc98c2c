// The environment that a test runs in, for modules that the test imports. They may be other copies of this package's files.

import type { TestInstance } from "./test-instance.ts";

/** Gives the instance, and makes it if it has not been made. */
type Current = () => TestInstance;

const CURRENT = Symbol.for("miniflare-rs.environment");
const NONE =
  "The helpers of cloudflare:test are for tests in the environments miniflare-rs/jest and miniflare-rs/vitest. Elsewhere, call the methods of an instance.";

/** Makes an environment the current one of this realm, until what is returned is called. */
function enter(current: Current): () => void {
  Object.defineProperty(globalThis, CURRENT, { value: current, configurable: true });
  return () => {
    if (Reflect.get(globalThis, CURRENT) === current) Reflect.deleteProperty(globalThis, CURRENT);
  };
}

/** @throws outside of an environment */
function current(): TestInstance {
  const found: Current | undefined = Reflect.get(globalThis, CURRENT);
  if (found === undefined) throw new Error(NONE);
  return found();
}

export { current, enter };
