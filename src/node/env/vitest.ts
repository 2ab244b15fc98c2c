// Vitest's environment, which Vitest's configuration names by its path. What a worker finds in its own realm becomes global
// for a test file, and is taken away when the file is done: an instance for each file, bindings, helpers, and blocks whose
// tests undo what they have stored.

import { reportTimeout, ResultWatch } from "./env-timeouts.ts";
import { createEnvironment } from "./environment.ts";
import { isolatedStorage, vitestOf } from "./isolated.ts";
import { noteStart, planOf } from "./plan.ts";
import { warnOnce } from "./warn.ts";

const OLDEST: readonly [major: number, minor: number] = [0, 34];

/** Options of other environments, which a configuration may have for all. */
const OF_OTHERS = ["happyDOM", "jsdom"];

/** The global scope of a test file. */
type Scope = Record<string, unknown>;

/** Puts globals in the place of what has their names; a function that undoes it. What has a getter is made by it. */
function replace(target: Scope, ...globals: object[]) {
  const properties = globals.flatMap((some) =>
    Object.entries<PropertyDescriptor>(Object.getOwnPropertyDescriptors(some)),
  );
  const before = properties.map(([name]) => [name, Object.getOwnPropertyDescriptor(target, name)] as const);
  for (const [name, { get, value, enumerable }] of properties) {
    const writable = (one: unknown) => ({ value: one, writable: true, configurable: true, enumerable });
    const set = (one: unknown) => void Object.defineProperty(target, name, writable(one));
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

/** The version of the Vitest of the project, `[major, minor]`; undefined when it cannot be found. */
function vitestVersion() {
  version ??= { found: findVersion() };
  return version.found;
}
let version: { found: readonly [major: number, minor: number] | undefined } | undefined;

function findVersion(): readonly [major: number, minor: number] | undefined {
  try {
    const file = require.resolve("vitest/package.json", { paths: [process.cwd(), __dirname] });
    const { version } = require(file) as { version: string };
    const [major, minor] = version.split(".", 2).map(Number);
    return [major, minor];
  } catch {
    return undefined;
  }
}

function checkVersion() {
  const [major, minor] = vitestVersion() ?? OLDEST;
  if (major > OLDEST[0] || (major === OLDEST[0] && minor >= OLDEST[1])) return;
  const text = `miniflare-rs/vitest needs Vitest ${OLDEST.join(".")} or newer, and this is version ${major}.${minor}`;
  throw new Error(`${text}: run \`npm i -D vitest@latest\`.`);
}

/** What a comment of a test file gives as options arrives under the environment's name: a path, or "miniflare". */
function optionsOf(given: Scope = {}): unknown {
  const [name, ...others] = Object.keys(given);
  const isOfComment = others.length === 0 && /[\\/]|^miniflare/.test(name);
  return isOfComment ? given[name] : given;
}

/** The global scopes that the environment is set up in. */
const scopes = new WeakSet<Scope>();

export default {
  name: "miniflare-rs",
  viteEnvironment: "ssr",
  /** What `viteEnvironment` was called before Vitest 4, which warns if it is still there. */
  get transformMode() {
    return (vitestVersion()?.[0] ?? 4) < 4 ? "ssr" : undefined;
  },
  async setup(target: Scope, options: Scope | undefined) {
    checkVersion();
    if (scopes.has(target)) {
      const remedy = "an environment that is made of it calls its setup() once, and teardown() before it does so again";
      throw new Error(`miniflare-rs/vitest is set up in this global scope already: ${remedy}`);
    }
    scopes.add(target);
    try {
      return await setUp(target, optionsOf(options));
    } catch (error) {
      scopes.delete(target);
      throw error;
    }
  },
};

async function setUp(target: Scope, options: unknown) {
  const watch = new ResultWatch(target, (errors) =>
    reportTimeout(errors, () => environment.pending(), target.console as Console),
  );
  const plan = planOf(options, { warn: warnOnce, ignored: OF_OTHERS });
  const environment = await createEnvironment(plan, () => watch.begin());
  noteStart(plan);
  const own = {
    self: target,
    setupMiniflareIsolatedStorage: () => isolatedStorage(vitestOf(target), environment),
  };
  const undo = replace(target, environment.globals, own);
  return {
    async teardown() {
      watch.end();
      scopes.delete(target);
      undo();
      await environment.dispose();
    },
  };
}
