"use strict";
// KV namespaces and caches from outside the worker: the same classes as inside, over the addon.

const { binding } = require("./binding/addon.js");
const { CacheError } = require("./errors.js");
const { flattenHeaders } = require("./http/flat-headers.js");
const { later } = require("./binding/later.js");
const { isRequest } = require("./http/http-request.js");
const { isResponse, lightResponse, splitResponse } = require("./http/http-response.js");
const { bytesFromSender, streamFromSource } = require("../membrane/node/node-streams.js");
const { makeFair } = require("./instance/fairly.js");
const { Cache, CacheStorage } = require("../cache/cache.js");
const { KVNamespace } = require("../kv/kv-namespace.js");

makeFair(Cache);
makeFair(KVNamespace);

/** Calls from outside are no part of a request: they are not counted, no gate holds them, and nobody's time goes on with them. */
const outside = { begin() {}, depart() {}, advance() {}, later };

/** The namespace of this name. `instance()` gives the number of the instance; it throws when that is disposed of. */
function kvNamespace(name, instance) {
  return new KVNamespace(
    name,
    kvBackend({
      get: (...args) => binding.kvGet(instance(), ...args),
      put: (...args) => binding.kvPut(instance(), ...args),
      delete: (...args) => binding.kvDelete(instance(), ...args),
      list: (...args) => binding.kvList(instance(), ...args),
    }),
  );
}

/** What a namespace is over in Node, with the `calls` that reach its entries. */
function kvBackend(calls) {
  return { ...outside, ...calls, streamFromSource, valueLimit: binding.kvValueLimit() };
}

/** The caches; `settings()` gives `{ enabled, warnUsage }`, whatever they are at the time. */
function cacheStorage(instance, settings, warn) {
  const calls = {
    ttl: (...args) => binding.cacheTtl(instance(), ...args),
    put: (...args) => binding.cachePut(instance(), ...args),
    match: (...args) => binding.cacheMatch(instance(), ...args),
    delete: (...args) => binding.cacheDelete(instance(), ...args),
  };
  return new CacheStorage({ ...cacheBackend(calls), settings, warn });
}

/** What a cache is over in Node, with the `calls` that reach its entries. */
function cacheBackend(calls) {
  return {
    ...outside,
    ...calls,
    requestOf,
    hrefOf: (text) => (URL.canParse(text) ? new URL(text).href : null),
    isResponse,
    headersOf: (response) => flattenHeaders(response.headers),
    bodyOf,
    responseOf: (status, headers, body) => lightResponse({ status, statusText: "", headers, body }),
    nameLimit: binding.cacheNameLimit(),
    error: (code, text) => new CacheError(code, text),
  };
}

function requestOf(input) {
  if (!isRequest(input)) return undefined;
  const { method, url, headers, cf } = input;
  return { method, url, headers: flattenHeaders(headers), cacheKey: cf?.cacheKey };
}

async function bodyOf(response) {
  const { body } = splitResponse(response);
  if (body === null) return "";
  if (typeof body === "string" || body instanceof Uint8Array) return body;
  if (typeof body === "function") return bytesFromSender(body);
  return new Uint8Array(await require("node:stream/consumers").arrayBuffer(body));
}

module.exports = { cacheBackend, cacheStorage, kvBackend, kvNamespace };
