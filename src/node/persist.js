"use strict";
// The `...Persist` options: where each room stores, as the addon takes it. `[]` is memory, `[folder, sync]` a folder,
// `[url]` a Redis server.

const path = require("node:path");

const REDIS = /^rediss?:\/\//i;
const DEFAULTS = { kvPersist: ".mf/kv", cachePersist: ".mf/cache", durableObjectsPersist: ".mf/do" };

/** The places of key-value namespaces, caches and Durable Objects, in the order that the addon takes them in. */
function places(options) {
  const root = options.rootPath ?? process.cwd();
  return Object.keys(DEFAULTS).map((name) => place(name, options, root));
}

function place(name, options, root) {
  const persist = options[name] === true ? DEFAULTS[name] : options[name];
  if (persist === undefined || persist === false) return [];
  if (REDIS.test(persist)) return [persist];
  return [path.resolve(root, persist), options.durability === "sync"];
}

module.exports = { places };
