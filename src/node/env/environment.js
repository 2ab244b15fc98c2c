"use strict";
// What a test file gets of this package: an instance of its own, the globals over it, and storage that can be brought back.
// Evaluated in the realm of the test. Test runners differ in when they ask for what.

const { completeOptions } = require("../config.js");
const { NoOpLog } = require("../log.js");
const { createFetchMock } = require("../mock/index.js");
const { FETCH, Miniflare } = require("../miniflare.js");
const { validateOptions } = require("../options.js");
const { additions } = require("./additions.js");
const { helpers } = require("./helpers.js");
const { webGlobals } = require("./web.js");

const DEFAULTS = { wranglerConfigPath: true, packagePath: true, envPathDefaultFallback: true };

/** What a test cannot change: nothing is kept, nothing is built or watched, and it is no request with limits. */
const FORCED = {
  watch: false,
  buildCommand: undefined,
  crons: undefined,
  kvPersist: false,
  d1Persist: false,
  r2Persist: false,
  cachePersist: false,
  durableObjectsPersist: false,
  globalAsyncIO: true,
  globalTimers: true,
  globalRandom: true,
  actualTime: true,
};

/** The worker of those who import theirs. */
const NO_SCRIPT = { script: "", scriptPath: undefined, packagePath: undefined };

/**
 * Makes an instance with these options of Miniflare.
 * @returns `{ globals, remember(key), restore(key), dispose() }`; `restore` brings back what `remember` found stored
 */
async function createEnvironment(options) {
  const fetchMock = createFetchMock();
  const log = new NoOpLog();
  const given = { ...DEFAULTS, ...options, ...FORCED, fetchMock, log };
  validateOptions(given);
  const complete = completeOptions(given, log).options;
  const hasObjects = Object.keys(complete.durableObjects ?? {}).length > 0;
  const mf = new Miniflare(hasObjects ? given : { ...given, ...NO_SCRIPT });
  try {
    return await environmentOf(mf, complete, fetchMock);
  } catch (error) {
    await mf.dispose();
    throw error;
  }
}

async function environmentOf(mf, options, fetchMock) {
  let bindings = await mf.getBindings();
  const restorers = new Map();
  const fetch = (...args) => mf[FETCH](...args);
  const caches = await mf.getCaches();
  additions.begin();
  return {
    globals: merged(
      webGlobals(fetch, caches),
      helpers(mf, () => bindings, fetchMock),
      options.modules === true ? {} : { ...bindings },
      { ...options.globals },
    ),
    async remember(key) {
      restorers.set(key, await mf.snapshotStorage());
      // Those of another worker, if a limit has stopped the one before.
      bindings = await mf.getBindings();
    },
    async restore(key) {
      const restore = restorers.get(key);
      restorers.delete(key);
      await restore?.();
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

module.exports = { createEnvironment };
