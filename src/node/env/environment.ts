// What a test file gets of this package: an instance of its own, the globals over it, and storage that can be brought back.
// Evaluated in the realm of the test. Test runners differ in when they ask for what.

import { enabledFlags } from "../options/compat.ts";
import { completeOptions, FILES_READ, LOADS_LATER, OUTER_SCOPE } from "../options/config.ts";
import { describe } from "../errors.ts";
import { NoOpLog } from "../log/log.ts";
import { createFetchMock } from "../../mock/node/fetch-mock.ts";
import { mockedBy } from "../../mock/node/options.ts";
import { FETCH, Miniflare } from "../instance/miniflare.ts";
import { validateOptions } from "../options/options.ts";
import { rooms } from "../rooms.ts";
import { KEEPING } from "../options/table.ts";
import { enter } from "./current.ts";
import { additions } from "./additions.ts";
import { needsWorker, ownBindings } from "./bindings.ts";
import { helpers } from "./helpers.ts";
import { readOptions } from "./env-options.ts";
import { ownRealm } from "./test-realm.ts";
import { withNeededScripts } from "./scripts.ts";
import { webGlobals } from "./env-web.ts";
import type { MiniflareOptions, MockAgent } from "../../../index.d.ts";
import type { Instance } from "./helpers.ts";

/** What the test runner has. */
interface Host {
  /** Tells the runner's user. */
  warn(text: string): void;
  /** Where the worker's script finds globals that it has not. */
  scope?: { has(name: string): boolean; get(name: string): unknown };
  /** Names of options that are for others. */
  ignored: readonly string[];
}

interface Environment {
  globals: object;
  /** Resolves to what brings back all that is stored by then. */
  remember(): Promise<() => Promise<void>>;
  dispose(): Promise<void>;
}

/** What the instance of an environment was made with. */
interface Made {
  options: MiniflareOptions;
  /** The names that Durable Objects are bound to. */
  objects: string[];
  mock: MockAgent;
}

const DEFAULTS = { wranglerConfigPath: true, packagePath: true, envPathDefaultFallback: true };

/** What a test cannot change: nothing is kept, nothing is built or watched, and it is no request with limits. */
const FORCED = {
  watch: false,
  buildCommand: undefined,
  crons: undefined,
  ...Object.fromEntries(KEEPING.map(([name]) => [name, false])),
  globalAsyncIO: true,
  globalTimers: true,
  globalRandom: true,
  actualTime: true,
};

/**
 * Makes an instance with these options of Miniflare.
 * @param host what the runner has
 */
async function createEnvironment(options: unknown, { warn, scope, ignored }: Host): Promise<Environment> {
  const mock = createFetchMock();
  const log = new NoOpLog();
  const given: MiniflareOptions = {
    ...DEFAULTS,
    ...readOptions(options, warn, ignored),
    ...FORCED,
    ...mockedBy(mock),
    log,
  };
  validateOptions(given);
  const complete = completeOptions(given, log).options;
  const hasWorker = needsWorker(complete);
  const forced = hasWorker && scope !== undefined ? { ...FORCED, [OUTER_SCOPE]: scope } : FORCED;
  const own = { ...complete, ...FILES_READ, ...forced, [LOADS_LATER]: !hasWorker };
  const { options: needed, objects } = withNeededScripts(own, forced, log);
  // The rooms add their methods when the class is loaded.
  const mf = new Miniflare(needed) as unknown as Instance;
  try {
    const bindings = hasWorker ? () => mf.getBindings() : await ownBindings(mf, complete).then((own) => () => own);
    return await environmentOf(mf, bindings, { options: complete, objects, mock });
  } catch (error) {
    await mf.dispose();
    throw error;
  }
}

/** Of a name that nothing is bound to, there could never be an object. */
async function idsOfBound(mf: Instance, objects: string[], name: string) {
  if (objects.includes(name)) return mf.getDurableObjectIds(name);
  const known =
    objects.length === 0 ? "none is bound" : `one of ${objects.map((one) => JSON.stringify(one)).join(", ")}`;
  const text = `getMiniflareDurableObjectIds() takes the name of a Durable Object's binding (${known})`;
  throw new TypeError(`${text}, got ${describe(name)}`);
}

/** `askBindings()` gives the bindings of the worker that is loaded, or a promise of them. */
async function environmentOf(
  mf: Instance,
  askBindings: () => object | Promise<object>,
  { options, objects, mock }: Made,
): Promise<Environment> {
  let bindings = await askBindings();
  const fetch = (...args: Parameters<Instance[typeof FETCH]>) => mf[FETCH](...args);
  const caches = await mf.getCaches();
  additions.begin();
  const leave = enter({ mf, bindings: () => bindings, mock });
  return {
    globals: merged(
      ownRealm(),
      webGlobals(fetch, caches),
      roomGlobals(enabledFlags(options)),
      helpers(mf, () => bindings, mock),
      { getMiniflareDurableObjectIds: (name: string) => idsOfBound(mf, objects, name) },
      options.modules === true ? {} : { ...bindings },
      { ...options.globals },
    ),
    // What is stored is remembered at once: hooks that a runner calls at the same time may already store more.
    async remember() {
      const restore = await mf.snapshotStorage();
      // Those of another worker, if a limit has stopped the one before.
      bindings = await askBindings();
      return restore;
    },
    async dispose() {
      leave();
      additions.end();
      await mf.dispose();
    },
  };
}

/** What rooms add to the global scope, each made when it is looked at. */
function roomGlobals(flags: string[]): object {
  const scope = {};
  for (const { testGlobals = {} } of rooms) {
    for (const [name, make] of Object.entries(testGlobals)) {
      Object.defineProperty(scope, name, { get: () => make(flags), configurable: true });
    }
  }
  return scope;
}

/** The properties of all objects as they are: those with a getter are made by it, when somebody looks at the global. */
function merged(...objects: object[]): object {
  return Object.defineProperties({}, Object.assign({}, ...objects.map(Object.getOwnPropertyDescriptors)));
}

export { createEnvironment };
export type { Environment };
