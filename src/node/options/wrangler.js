"use strict";
// wrangler.toml: the options that a worker's configuration file stands for. The keys are those of wrangler 1 and 2 that
// Miniflare 2 reads.

const path = require("node:path");
const { MiniflareCoreError } = require("../errors.js");
const { readText } = require("../script/files.js");
const { parseToml } = require("../instance/lane.js");

/**
 * Reads the file that the option `wranglerConfigPath` names, `wrangler.toml` when it is `true`.
 * @returns `{ file, options, vars }`; no `options` when there is no such file and need be none
 */
function readWrangler({ wranglerConfigPath, wranglerConfigEnv }, root, log) {
  if (!wranglerConfigPath) return { options: {}, vars: {} };
  const file = path.resolve(root, wranglerConfigPath === true ? "wrangler.toml" : wranglerConfigPath);
  const text = readText(file, "wranglerConfigPath", wranglerConfigPath === true);
  if (text === undefined) return { file, options: {}, vars: {} };
  const config = withoutEmpty(inEnvironment(parse(text, file), wranglerConfigEnv, file, log), NAMED) ?? {};
  return { file, options: wranglerOptions(config, path.dirname(file), log), vars: stringVars(config.vars) };
}

function parse(text, file) {
  try {
    return parseToml(text);
  } catch (error) {
    throw new MiniflareCoreError("ERR_INVALID_CONFIG", `${file} is not valid TOML: ${error.message}`);
  }
}

/** The section of an environment over the rest; each of its keys, unless it is empty, replaces the one outside as a whole. */
function inEnvironment(config, name, file, log) {
  if (name === undefined) return config;
  const section = config.env?.[name];
  if (section === undefined) log.warn(`${file} has no environment "${name}" (option "wranglerConfigEnv")`);
  const given = Object.entries(section ?? {}).filter(([, value]) => value !== "");
  return { ...config, ...Object.fromEntries(given) };
}

/** Tables whose keys are names of the user's own, and by section: an empty text is a value there. */
const NAMED = {
  vars: true,
  wasm_modules: true,
  text_blobs: true,
  data_blobs: true,
  miniflare: { globals: true, mounts: true },
};

/** Keys that say nothing are as if they were absent: templates leave texts empty for the user to fill, tables and lists too. */
function withoutEmpty(value, named = {}) {
  if (value === "") return undefined;
  if (Array.isArray(value)) return list(value.flatMap((item) => withoutEmpty(item) ?? []));
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).map(([key, item]) => {
    return [key, named[key] === true ? item : withoutEmpty(item, named[key])];
  });
  return table(entries.filter(([, item]) => item !== undefined));
}

const table = (entries) => (entries.length === 0 ? undefined : Object.fromEntries(entries));

const stringVars = (vars = {}) =>
  Object.fromEntries(Object.entries(vars).map(([name, value]) => [name, String(value)]));

function wranglerOptions(config, folder, log) {
  if (config.build === undefined && (config.type === "webpack" || config.type === "rust")) {
    log.warn(`wrangler.toml: type = "${config.type}" builds nothing here; name the build in [build]`);
  }
  return defined({
    ...scriptOptions(config, folder),
    ...workerOptions(config, folder),
    ...bindingOptions(config, log),
    ...miniflareOptions(config.miniflare ?? {}),
  });
}

function scriptOptions({ build = {}, miniflare = {} }, folder) {
  const { main, dir = "dist", format, rules } = build.upload ?? {};
  const watched = [...(miniflare.build_watch_dirs ?? []), ...[build.watch_dir ?? []].flat()];
  return {
    scriptPath: main === undefined ? undefined : path.resolve(folder, dir, main),
    modules: format === undefined ? undefined : format === "modules",
    modulesRules: rules?.map(({ type, globs, fallthrough }) => ({ type, include: globs, fallthrough })),
    buildCommand: build.command,
    buildBasePath: build.cwd,
    buildWatchPaths: watched.length === 0 && build.command !== undefined ? ["src"] : list(watched),
  };
}

function workerOptions(config, folder) {
  const { miniflare = {}, site = {}, triggers } = config;
  const routes = [config.route, config.routes, miniflare.route, miniflare.routes].flatMap((route) => route ?? []);
  return {
    name: config.name,
    compatibilityDate: config.compatibility_date,
    compatibilityFlags: config.compatibility_flags,
    usageModel: config.usage_model,
    routes: list(routes.map((route) => route?.pattern ?? route)),
    mounts: map(miniflare.mounts, (name, place) => [name, mountOptions(place, folder)]),
    crons: triggers?.crons,
    cacheWarnUsage: config.workers_dev,
    sitePath: site.bucket,
    siteInclude: site.include,
    siteExclude: site.exclude,
  };
}

/** A mount is the folder of a worker, and after an at sign one of its environments. */
function mountOptions(place, folder) {
  const at = place.lastIndexOf("@");
  return {
    rootPath: path.resolve(folder, at === -1 ? place : place.slice(0, at)),
    wranglerConfigEnv: at === -1 ? undefined : place.slice(at + 1),
    packagePath: true,
    envPathDefaultFallback: true,
    wranglerConfigPath: true,
  };
}

function bindingOptions(config, log) {
  const { durable_objects, queues } = config;
  const objects = durable_objects?.bindings?.map(({ name, class_name, script_name }) => [
    name,
    { className: class_name, scriptName: script_name },
  ]);
  return {
    wasmBindings: config.wasm_modules,
    textBlobBindings: config.text_blobs,
    dataBlobBindings: config.data_blobs,
    serviceBindings: services(config, log),
    durableObjects: objects === undefined ? undefined : Object.fromEntries(objects),
    kvNamespaces: config.kv_namespaces?.map(({ binding }) => binding),
    r2Buckets: config.r2_buckets?.map(({ binding }) => binding),
    d1Databases: config.d1_databases?.map(({ binding }) => binding),
    queueBindings: queues?.producers?.map(({ binding, queue }) => ({ name: binding, queueName: queue })),
    queueConsumers: queues?.consumers?.map(queueConsumer),
  };
}

function queueConsumer({ queue, batch_size, batch_timeout, message_retries, dead_letter_queue }) {
  return defined({
    queueName: queue,
    maxBatchSize: batch_size || undefined,
    maxWaitMs: batch_timeout ? 1000 * batch_timeout : undefined,
    maxRetries: message_retries || undefined,
    deadLetterQueue: dead_letter_queue || undefined,
  });
}

function services({ services, experimental_services }, log) {
  if (experimental_services !== undefined) {
    log.warn("Using the `experimental_services` key is deprecated. This key should be renamed to `services`.");
  }
  const all = [...(services ?? []), ...(experimental_services ?? [])];
  if (all.length === 0) return undefined;
  const named = all.map(({ service, environment, ...names }) => [
    bindingName(service, names, log),
    { service, environment },
  ]);
  return Object.fromEntries(named);
}

function bindingName(service, { name, binding }, log) {
  const use = "The `binding` key should be used to define binding names.";
  if (name === undefined && binding === undefined) {
    const text = `Service "${service}" declared with neither \`binding\` nor \`name\` keys.\n${use}`;
    throw new MiniflareCoreError("ERR_SERVICE_NO_NAME", text);
  }
  if (name !== undefined && binding !== undefined && name !== binding) {
    const text = `Service "${service}" declared with \`name\`="${name}" and \`binding\`="${binding}".\n${use}`;
    throw new MiniflareCoreError("ERR_SERVICE_NAME_MISMATCH", text);
  }
  if (name !== undefined) {
    log.warn(
      `Service "${service}" declared using deprecated syntax.\nThe \`name\` key should be removed and renamed to \`binding\`.`,
    );
  }
  return binding ?? name;
}

/** Options that the section `[miniflare]` has a key of its own for. */
const KEYS = {
  globals: "globals",
  upstream: "upstream",
  envPath: "env_path",
  kvPersist: "kv_persist",
  d1Persist: "d1_persist",
  r2Persist: "r2_persist",
  cache: "cache",
  cachePersist: "cache_persist",
  durableObjectsPersist: "durable_objects_persist",
  durableObjectsAlarms: "durable_objects_alarms",
  globalAsyncIO: "global_async_io",
  globalTimers: "global_timers",
  globalRandom: "global_random",
  actualTime: "actual_time",
  inaccurateCpu: "inaccurate_cpu",
  host: "host",
  port: "port",
  open: "open",
  cfFetch: "cf_fetch",
  liveReload: "live_reload",
};

function miniflareOptions(section) {
  const { watch = section.live_reload || undefined, https } = section;
  const named = Object.entries(KEYS).map(([option, key]) => [option, section[key]]);
  return { ...Object.fromEntries(named), watch, ...httpsOptions(https) };
}

function httpsOptions(https) {
  if (typeof https !== "object") return { https };
  const { key, cert, ca, pfx, passphrase } = https;
  return { httpsKeyPath: key, httpsCertPath: cert, httpsCaPath: ca, httpsPfxPath: pfx, httpsPassphrase: passphrase };
}

const list = (items) => (items.length === 0 ? undefined : items);

function map(record, entry) {
  return record && Object.fromEntries(Object.entries(record).map(([name, value]) => entry(name, value)));
}

function defined(options) {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
}

module.exports = { readWrangler };
