"use strict";
// Plugins: Miniflare 2 was made of them, and suites read from them what options are in force. That is what they are here.

const path = require("node:path");

const PLUGINS = {
  CorePlugin: [
    ..."script scriptPath wranglerConfigPath wranglerConfigEnv packagePath modules modulesRules".split(" "),
    ..."compatibilityDate compatibilityFlags usageModel upstream watch rootPath mounts name routes".split(" "),
    ..."logUnhandledRejections fetchMock".split(" "),
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

/** Options that are logged under names of their own; the others' follow from what they are called. */
const NAMES = {
  wranglerConfigEnv: "Wrangler Environment",
  globalAsyncIO: "Allow Global Async I/O",
  globalTimers: "Allow Global Timers",
  globalRandom: "Allow Global Secure Random",
  inaccurateCpu: "Inaccurate CPU Time Measurements",
  https: "HTTPS",
  httpsKeyPath: "HTTPS Key",
  httpsCertPath: "HTTPS Cert",
  httpsCaPath: "HTTPS CA",
  httpsPfxPath: "HTTPS PFX",
  httpsPassphrase: "HTTPS Passphrase",
  cfFetch: "Request cf Object Fetch",
  crons: "CRON Expressions",
  kvNamespaces: "KV Namespaces",
  kvPersist: "KV Persistence",
  d1Databases: "D1 Namespaces",
  d1Persist: "D1 Persistence",
  r2Persist: "R2 Persistence",
  durableObjectsPersist: "Durable Objects Persistence",
  durableObjectsAlarms: "Durable Object Alarms",
  cachePersist: "Cache Persistence",
  sitePath: "Workers Site Path",
  siteInclude: "Workers Site Include",
  siteExclude: "Workers Site Exclude",
  bindings: "Custom Bindings",
  globals: "Custom Globals",
  wasmBindings: "WASM Bindings",
};
const UNLOGGED = new Set([
  ..."script logUnhandledRejections fetchMock metaProvider cacheWarnUsage envPathDefaultFallback".split(" "),
  ..."httpsKey httpsCert httpsCa httpsPfx".split(" "),
]);
/** Options that name a file: which, when they are `true`. */
const DEFAULT_FILES = {
  wranglerConfigPath: "wrangler.toml",
  packagePath: "package.json",
  envPath: ".env",
  cfFetch: path.join("node_modules", ".mf", "cf.json"),
};
const HIDDEN = "**********";

/** The plugins that something ended with, in Miniflare 2. */
const ENDING = ["DurableObjectsPlugin", "WebSocketPlugin", "BindingsPlugin"];

/** The options in force as the log shows them, "Modules: true" each. */
function optionLines(options) {
  const given = Object.assign({}, ...Object.values(pluginsOf(options)));
  return Object.entries(given)
    .filter(([key]) => !UNLOGGED.has(key))
    .map(([key, value]) => [NAMES[key] ?? titleOf(key), shown(key, value)])
    .filter(([, text]) => text !== undefined)
    .map(([name, text]) => `${name}: ${text}`);
}

function titleOf(key) {
  return key[0].toUpperCase() + key.slice(1).replace(/[A-Z]/g, " $&");
}

function shown(key, value) {
  const file = DEFAULT_FILES[key];
  if (file !== undefined) return typeof value === "boolean" ? (value ? file : undefined) : path.relative("", value);
  if (key === "httpsPassphrase") return HIDDEN;
  if (Array.isArray(value)) return value.map(shownItem).join(", ");
  return typeof value === "object" && value !== null ? Object.keys(value).join(", ") : String(value);
}

function shownItem(item) {
  if (typeof item !== "object" || item === null) return String(item);
  return item.include === undefined ? (item.name ?? item.queueName) : `{${item.type}: ${item.include.join(", ")}}`;
}

/** What the log tells of a worker's end. */
const endLines = () => ENDING.map((name) => `- dispose(${name})`);

module.exports = { endLines, optionLines, PLUGINS, pluginsOf };
