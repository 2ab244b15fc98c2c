// What a test file gets of this package: an instance of its own, the globals over it, and storage that can be brought back.
// Evaluated in the realm of the test. Test runners differ in when they ask for what.

import { completeOptions, FILES_READ, LOADS_LATER, OUTER_SCOPE } from "../options/config.ts";
import { describe } from "../errors.ts";
import { NoOpLog } from "../log/log.ts";
import { createFetchMock } from "../../mock/node/fetch-mock.ts";
import { mockedBy } from "../../mock/node/options.ts";
import { FETCH, Miniflare } from "../instance/miniflare.ts";
import { validateOptions } from "../options/options.ts";
import { GROUPS } from "../options/full-table.ts";
import { keepingIn } from "../options/table.ts";
import { additions } from "./additions.ts";
import { needsWorker, ownBindings } from "./bindings.ts";
import { helpers } from "./helpers.ts";
import { readOptions } from "./env-options.ts";
import { ownRealm } from "./test-realm.ts";
import { withNeededScripts } from "./scripts.ts";
import { webGlobals } from "./env-web.ts";

const DEFAULTS = { wranglerConfigPath: true, packagePath: true, envPathDefaultFallback: true };

/** What a test cannot change: nothing is kept, nothing is built or watched, and it is no request with limits. */
const FORCED = {
  watch: false,
  buildCommand: undefined,
  crons: undefined,
  ...Object.fromEntries(keepingIn(GROUPS).map(([name]) => [name, false])),
  globalAsyncIO: true,
  globalTimers: true,
  globalRandom: true,
  actualTime: true,
};

/**
 * Makes an instance with these options of Miniflare.
 * @param host what the runner has: `warn(text)` tells its user, `scope`, if there is one, is `{ has(name), get(name) }`, where
 *   the worker's script finds globals that it has not; `ignored` are names of options that are for others
 * @returns `{ globals, remember(), dispose() }`; `remember` resolves to what brings back all that is stored by then
 */
async function createEnvironment(options, { warn, scope, ignored }) {
  const mock = createFetchMock();
  const log = new NoOpLog();
  const given = { ...DEFAULTS, ...readOptions(options, warn, ignored), ...FORCED, ...mockedBy(mock), log };
  validateOptions(given);
  const complete = completeOptions(given, log).options;
  const hasWorker = needsWorker(complete);
  const forced = hasWorker && scope !== undefined ? { ...FORCED, [OUTER_SCOPE]: scope } : FORCED;
  const own = { ...complete, ...FILES_READ, ...forced, [LOADS_LATER]: !hasWorker };
  const { options: needed, objects } = withNeededScripts(own, forced, log);
  const mf = new Miniflare(needed);
  try {
    const bindings = hasWorker ? () => mf.getBindings() : await ownBindings(mf, complete).then((own) => () => own);
    return await environmentOf(mf, bindings, { options: complete, objects, mock });
  } catch (error) {
    await mf.dispose();
    throw error;
  }
}

/** Of a name that nothing is bound to, there could never be an object. */
async function idsOfBound(mf, objects, name) {
  if (objects.includes(name)) return mf.getDurableObjectIds(name);
  const known =
    objects.length === 0 ? "none is bound" : `one of ${objects.map((one) => JSON.stringify(one)).join(", ")}`;
  const text = `getMiniflareDurableObjectIds() takes the name of a Durable Object's binding (${known})`;
  throw new TypeError(`${text}, got ${describe(name)}`);
}

/** `askBindings()` gives the bindings of the worker that is loaded, or a promise of them. */
async function environmentOf(mf, askBindings, { options, objects, mock }) {
  let bindings = await askBindings();
  const fetch = (...args) => mf[FETCH](...args);
  const caches = await mf.getCaches();
  additions.begin();
  return {
    globals: merged(
      ownRealm(),
      webGlobals(fetch, caches),
      helpers(mf, () => bindings, mock),
      { getMiniflareDurableObjectIds: (name) => idsOfBound(mf, objects, name) },
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
      additions.end();
      await mf.dispose();
    },
  };
}

/** The properties of all objects as they are: those with a getter are made by it, when somebody looks at the global. */
function merged(...objects) {
  return Object.defineProperties({}, Object.assign({}, ...objects.map(Object.getOwnPropertyDescriptors)));
}

export { createEnvironment };
