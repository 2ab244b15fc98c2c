"use strict";
// The constructor's options: what type each has, how later ones join earlier ones, and which of them changed.

const { anyRecord, boolean, booleanOrString, func, number, string } = require("./check.js");
const { check, list, membersOf, numeric, oneOf, optional, record, shape, withoutTexts } = require("./check.js");
const { hasMethods, isFunction, isObject, isString } = require("./check.js");
const { OptionsError, describe } = require("../errors.js");
const { isMock } = require("../../mock/node/fetch-mock.js");
const { isRedisOrPath } = require("./persist.js");

/**
 * Values of options that have one when they are not given, and that nothing else decides. CPU time is what Workers' paid
 * plan allows a request, memory what an isolate has: https://developers.cloudflare.com/workers/platform/limits/
 */
const OPTION_DEFAULTS = Object.freeze({ cpuLimitMs: 30_000, heapLimitMb: 128, fetchTimeoutMs: 300_000 });

const strings = list(string, "an array of strings");
const paths = record(string);

const moduleRule = shape(
  { type: string, include: strings, fallthrough: optional(boolean) },
  'an object like { type: "Text", include: ["**/*.txt"] }',
);
const service = shape(
  { service: string, environment: optional(string) },
  'a service name, an object like { service: "name" }, or a function',
  (value) => isString(value) || isFunction(value),
);
const durableObject = shape(
  { className: string, scriptName: optional(string) },
  'a class name, or an object like { className: "Name" }',
  isString,
);
const queueProducer = shape(
  { name: string, queueName: string },
  'an object like { name: "BINDING", queueName: "queue" }',
);
const queueConsumer = shape(
  {
    queueName: string,
    maxBatchSize: optional(number),
    maxWaitMs: optional(number),
    maxRetries: optional(number),
    deadLetterQueue: optional(string),
  },
  'a queue name, or an object like { queueName: "queue" }',
  isString,
);

const simulation = shape({ seed: numeric("a whole number", Number.isSafeInteger) }, "an object like { seed: 1 }");

const LOG_METHODS = ["log", "logWithLevel", "error", "warn", "info", "debug", "verbose"];
const log = check("a Log", (value) => hasMethods(value, LOG_METHODS));
const mock = check("a mock, as createFetchMock() returns, or a dispatcher of undici", isMock);
const cpuLimit = numeric("a positive, finite number", (value) => Number.isFinite(value) && value > 0);
const heapLimit = numeric("a finite number, 16 at least", (value) => Number.isFinite(value) && value >= 16);
const subrequestLimit = numeric(
  "a whole number (0 allows none, a negative one any)",
  (value) => Number.isInteger(value) || value === Number.POSITIVE_INFINITY,
);
const timeout = numeric("a positive, finite number", (value) => Number.isFinite(value) && value > 0);
const stringOrStrings = check(
  "a string, or an array of strings",
  (value) => isString(value) || (Array.isArray(value) && value.every(isString)),
);
const port = numeric("a whole number from 0 to 65535", (v) => Number.isInteger(v) && v >= 0 && v <= 65_535);

const pathOrRedis = check(
  "a boolean, a path, or the URL of a Redis server, redis:// or rediss://",
  (value) => !isString(value) || isRedisOrPath(value),
);
function place(value, path) {
  booleanOrString(value, path);
  pathOrRedis(value, path);
}

const pathOrOptions = check("a path, or an object of options", (value) => isString(value) || isObject(value));
function mount(value, path) {
  pathOrOptions(value, path);
  if (isObject(value)) checkAll(value, `${path}.`);
}
mount.parts = (value, visit) => membersOf(value, optionCheck, visit);

const OPTIONS = {
  log,
  sourceMap: boolean,
  scriptRequired: boolean,

  script: string,
  scriptPath: string,
  rootPath: string,
  wranglerConfigPath: booleanOrString,
  wranglerConfigEnv: string,
  packagePath: booleanOrString,
  modules: boolean,
  modulesRules: list(moduleRule, "an array of rules"),
  compatibilityDate: string,
  compatibilityFlags: strings,
  usageModel: oneOf("bundled", "unbound"),
  upstream: string,
  watch: boolean,
  mounts: record(mount),
  name: string,
  routes: strings,
  logUnhandledRejections: boolean,
  fetchMock: mock,
  fetchCa: stringOrStrings,
  fetchCaPath: stringOrStrings,
  fetchTimeoutMs: timeout,
  globalAsyncIO: boolean,
  globalTimers: boolean,
  globalRandom: boolean,
  actualTime: boolean,
  inaccurateCpu: boolean,
  repl: boolean,
  cpuLimitMs: cpuLimit,
  heapLimitMb: heapLimit,
  subrequestLimit,
  internalSubrequestLimit: subrequestLimit,

  envPath: booleanOrString,
  envPathDefaultFallback: boolean,
  bindings: anyRecord,
  globals: anyRecord,
  wasmBindings: paths,
  textBlobBindings: paths,
  dataBlobBindings: paths,
  serviceBindings: record(service),

  buildCommand: string,
  buildBasePath: string,
  buildWatchPaths: strings,

  kvNamespaces: strings,
  kvPersist: place,
  r2Buckets: strings,
  r2Persist: booleanOrString,
  d1Databases: strings,
  d1Persist: booleanOrString,
  cache: boolean,
  cachePersist: place,
  cacheWarnUsage: boolean,
  sitePath: string,
  siteInclude: strings,
  siteExclude: strings,

  queueBindings: list(queueProducer, "an array of queue bindings"),
  queueConsumers: list(queueConsumer, "an array of queue consumers"),

  durableObjects: record(durableObject),
  durableObjectsPersist: place,
  durableObjectsAlarms: boolean,
  simulate: simulation,
  durability: oneOf("os", "sync"),

  crons: strings,

  host: string,
  port,
  open: booleanOrString,
  https: booleanOrString,
  httpsKey: string,
  httpsKeyPath: string,
  httpsCert: string,
  httpsCertPath: string,
  httpsCa: string,
  httpsCaPath: string,
  httpsPfx: string,
  httpsPfxPath: string,
  httpsPassphrase: string,
  cfFetch: booleanOrString,
  metaProvider: func,
  liveReload: boolean,
};

const optionCheck = (name) => (Object.hasOwn(OPTIONS, name) ? OPTIONS[name] : undefined);

function checkAll(options, prefix) {
  for (const name of Object.keys(options)) {
    if (options[name] !== undefined && Object.hasOwn(OPTIONS, name)) OPTIONS[name](options[name], prefix + name);
  }
}

/** Throws an `OptionsError` for the first option of a wrong type. Options it does not know are ignored. */
function validateOptions(options = {}) {
  if (!isObject(options)) {
    throw new OptionsError("ERR_INVALID_OPTION", `Invalid options: expected an object, got ${describe(options)}`);
  }
  checkAll(options, "");
}

/** Options whose booleans and numbers may be text, with these as what they are; `note(path, text)` is told of each. */
function optionsFromTexts(options, note) {
  const visit = (item, value, at) => withoutTexts(item, value, at.slice(1), note);
  return membersOf(options, optionCheck, visit);
}

/** The names of all options. */
const optionNames = () => Object.keys(OPTIONS);

/** `next` over `previous`; a name that `next` sets to `undefined` is unset, whatever another source says of it. */
function mergeOptions(previous, next) {
  return { ...previous, ...next };
}

module.exports = { OPTION_DEFAULTS, mergeOptions, optionNames, optionsFromTexts, validateOptions };
