"use strict";
// The `...Persist` options: where each room stores, as the addon takes it. `[]` is memory, `[folder, sync]` a folder,
// `[url, authorities]` a Redis server, with the certificates that are trusted when it is reached over TLS.

const path = require("node:path");
const { trustedByNode, verifies } = require("../../fetch/node/outbound-settings.js");

const SCHEME = /^[a-z][a-z\d+.-]*:\/\//i;
const URL_LIKE = /^(?:[a-z]+:)?\/\//i;
const REDIS = /^redis(s?):\/\//i;
const DEFAULTS = { kvPersist: ".mf/kv", cachePersist: ".mf/cache", durableObjectsPersist: ".mf/do" };
const PERSIST = Object.keys(DEFAULTS);

/** The places of key-value namespaces, caches and Durable Objects, in the order that the addon takes them in. */
function places(options) {
  const root = options.rootPath ?? process.cwd();
  return PERSIST.map((name) => place(name, options, root));
}

function place(name, options, root) {
  const persist = options[name] === true ? DEFAULTS[name] : options[name];
  if (persist === undefined || persist === false) return [];
  return REDIS.test(persist) ? redisPlace(persist) : [path.resolve(root, persist), options.durability === "sync"];
}

/** The place that the URL of a Redis server is. */
function redisPlace(url) {
  const [, tls] = REDIS.exec(url);
  return tls === "" ? [url, ""] : overTls(url);
}

function overTls(url) {
  if (verifies()) return [url, trustedByNode()];
  // As the client for Redis has it in its URLs.
  return [`${url.split("#")[0]}#insecure`, ""];
}

/** Whether a text is a path, or a URL that can be stored at. */
const isRedisOrPath = (text) => text !== "" && (!SCHEME.test(text) || REDIS.test(text));

module.exports = { isRedisOrPath, PERSIST, places, redisPlace, URL_LIKE };
