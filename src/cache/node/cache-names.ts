// `miniflare-rs/cache`: caches over a storage, without an instance.

import { binding } from "../../node/binding/binding.ts";
import { CacheError, describe, MiniflareError } from "../../node/errors.ts";
import { later } from "../../node/binding/later.ts";
import { cacheBackend } from "./cache-backend.ts";
import * as cache from "../cache.ts";
import { cachePlace, cacheSettings } from "./options.ts";
import { beginner, constructible, inStep } from "../../node/names/constructible.ts";
import { CachePlugin } from "../../node/names/plugin-classes.ts";
import { storageOf } from "../../node/names/named-storage.ts";
import type * as contract from "../../../types/cache.d.ts";
import type { CacheCalls, CacheStorageBackend } from "../cache.ts";
import type { StorageParts } from "../../node/names/named-storage.ts";

type Options = contract.InternalCacheOptions;

/** What a cache that `at(name)` says the storage of is over. */
function backendOf(
  at: (name: string) => StorageParts,
  { clock = () => Date.now(), blockGlobalAsyncIO = false }: Options = {},
) {
  const now = () => Number(clock());
  const calls: CacheCalls = {
    ttl: (name, url, requestHeaders, status, headers) =>
      binding.cacheTtl(at(name).number, now(), { url, requestHeaders, status, headers }),
    put: (name, key, ttl, status, headers, body) =>
      inStep(at(name), [key], true, () =>
        binding.cachePut(at(name).number, now(), key, { ttl, status, headers, body }),
      ),
    match: (name, key, requestHeaders) =>
      inStep(at(name), [key], false, () => binding.cacheMatch(at(name).number, at(name).now(), key, requestHeaders)),
    delete: (name, key) =>
      inStep(at(name), [key], true, () => binding.cacheDelete(at(name).number, at(name).now(), key)),
  };
  return { ...cacheBackend(calls), begin: beginner(blockGlobalAsyncIO), later: readable };
}

/** What the storage has under the key of a response need not be one. */
async function readable(number: number) {
  try {
    return await later(number);
  } catch (error) {
    if (!(error instanceof MiniflareError) || error.code !== "ERR_DESERIALIZATION") throw error;
    throw new CacheError(error.code, error.message);
  }
}

const Cache: typeof contract.Cache = constructible(cache.Cache, (storage: unknown, options?: Options) => {
  const over = storageOf("Cache", storage);
  return ["", backendOf(() => over, options)];
});

type CacheStorageArguments = ConstructorParameters<typeof contract.CacheStorage>;

function storageArguments(...[options, log, factory, internal]: CacheStorageArguments): [CacheStorageBackend] {
  if (typeof factory?.storage !== "function") {
    const shape = "options, a Log, and a factory of storages with a method storage(name, persist)";
    throw new TypeError(`new CacheStorage() takes ${shape}, got ${describe(factory)} for the factory`);
  }
  const opened = new Map<string, StorageParts>();
  const at = (name: string) => {
    const known = opened.get(name);
    if (known !== undefined) return known;
    const over = storageOf("Cache", factory.storage(name, cachePlace(options ?? {})));
    opened.set(name, over);
    return over;
  };
  const settings = () => cacheSettings(options ?? {});
  return [{ ...backendOf(at, internal), settings, warn: (text) => log.warn(text) }];
}

const CacheStorage: typeof contract.CacheStorage = constructible(cache.CacheStorage, storageArguments);

export const NoOpCache: typeof contract.NoOpCache = cache.NoOpCache;
export { Cache, CacheError, CachePlugin, CacheStorage };
