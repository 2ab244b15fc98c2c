// `miniflare-rs/cache`: caches over a storage, without an instance.

import { binding } from "../binding/binding.ts";
import { CacheError, describe } from "../errors.ts";
import { later } from "../binding/later.ts";
import { cacheBackend } from "../../cache/node/cache-backend.ts";
import * as cache from "../../cache/cache.js";
import { cachePlace, cacheSettings } from "../../cache/node/options.ts";
import { beginner, constructible, inStep } from "./constructible.ts";
import { CachePlugin } from "./plugin-classes.ts";
import { storageOf } from "./named-storage.ts";

/** What a cache that `at(name)` says the storage of is over. */
function backendOf(at, { clock = () => Date.now(), blockGlobalAsyncIO = false } = {}) {
  const now = () => Number(clock());
  const calls = {
    ttl: (name, url, requestHeaders, status, headers) =>
      binding.cacheTtl(at(name).number, now(), { url, requestHeaders, status, headers }),
    put: (name, key, ttl, status, headers, body) =>
      inStep(at(name), [key], true, () =>
        binding.cachePut(at(name).number, now(), key, { ttl, status, headers, body }),
      ),
    match: (name, key, ...args) =>
      inStep(at(name), [key], false, () => binding.cacheMatch(at(name).number, at(name).now(), key, ...args)),
    delete: (name, key) =>
      inStep(at(name), [key], true, () => binding.cacheDelete(at(name).number, at(name).now(), key)),
  };
  return { ...cacheBackend(calls), begin: beginner(blockGlobalAsyncIO), later: readable };
}

/** What the storage has under the key of a response need not be one. */
async function readable(number) {
  try {
    return await later(number);
  } catch (error) {
    throw error.code === "ERR_DESERIALIZATION" ? new CacheError(error.code, error.message) : error;
  }
}

const Cache = constructible(cache.Cache, (storage, options) => {
  const over = storageOf("Cache", storage);
  return ["", backendOf(() => over, options)];
});

const CacheStorage = constructible(cache.CacheStorage, (options, log, factory, internal) => {
  if (typeof factory?.storage !== "function") {
    const shape = "options, a Log, and a factory of storages with a method storage(name, persist)";
    throw new TypeError(`new CacheStorage() takes ${shape}, got ${describe(factory)} for the factory`);
  }
  const opened = new Map();
  const at = (name) => {
    if (!opened.has(name)) opened.set(name, storageOf("Cache", factory.storage(name, cachePlace(options ?? {}))));
    return opened.get(name);
  };
  const settings = () => cacheSettings(options ?? {});
  return [{ ...backendOf(at, internal), settings, warn: (text) => log.warn(text) }];
});

export const NoOpCache = cache.NoOpCache;
export { Cache, CacheError, CachePlugin, CacheStorage };
