"use strict";
// Plugins: Miniflare 2 was made of them, and suites read from them what options are in force. That is what they are here.

const PLUGINS = {
  CorePlugin: [
    ..."script scriptPath wranglerConfigPath wranglerConfigEnv packagePath modules modulesRules".split(" "),
    ..."compatibilityDate compatibilityFlags usageModel upstream watch mounts name routes".split(" "),
    ..."logUnhandledRejections rootPath fetchMock".split(" "),
    ..."globalAsyncIO globalTimers globalRandom actualTime inaccurateCpu".split(" "),
  ],
  HTTPPlugin: [
    ..."host port open https httpsKey httpsKeyPath httpsCert httpsCertPath httpsCa httpsCaPath".split(" "),
    ..."httpsPfx httpsPfxPath httpsPassphrase cfFetch metaProvider liveReload".split(" "),
  ],
  SchedulerPlugin: ["crons"],
  BuildPlugin: ["buildCommand", "buildBasePath", "buildWatchPaths"],
  KVPlugin: ["kvNamespaces", "kvPersist"],
  D1Plugin: ["d1Databases", "d1Persist"],
  R2Plugin: ["r2Buckets", "r2Persist"],
  DurableObjectsPlugin: ["durableObjects", "durableObjectsPersist", "durableObjectsAlarms"],
  CachePlugin: ["cache", "cachePersist", "cacheWarnUsage"],
  SitesPlugin: ["sitePath", "siteInclude", "siteExclude"],
  QueuesPlugin: ["queueBindings", "queueConsumers"],
  HTMLRewriterPlugin: [],
  WebSocketPlugin: [],
  BindingsPlugin: [
    ..."envPath envPathDefaultFallback bindings globals".split(" "),
    ..."wasmBindings textBlobBindings dataBlobBindings serviceBindings".split(" "),
  ],
};

/** The options in force, by the plugin that each belongs to. */
function pluginsOf(options) {
  const given = (names) => names.filter((name) => options[name] !== undefined).map((name) => [name, options[name]]);
  return Object.fromEntries(Object.entries(PLUGINS).map(([name, names]) => [name, Object.fromEntries(given(names))]));
}

module.exports = { pluginsOf };
