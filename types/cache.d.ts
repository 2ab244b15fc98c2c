// `miniflare-rs/cache`, which replaces `@miniflare/cache`.

import type * as miniflare from "../index";
import type { Log } from "../index";
import type { Clock, Storage } from "./storage";

export { CacheError } from "../index";
export type { CacheQueryOptions as CacheMatchOptions } from "../index";

export interface InternalCacheOptions {
  /** The clock that determines whether responses are fresh. Default: `Date.now`. */
  clock?: Clock;
  /** Whether to refuse every call, as outside of a worker's requests. Default: `false`. */
  blockGlobalAsyncIO?: boolean;
  /** Accepted and ignored: files of forms are always files. */
  formDataFiles?: boolean;
}

/** A cache over a storage, without an instance. */
export type Cache = miniflare.Cache;
export const Cache: {
  prototype: Cache;
  /**
   * @param storage contains the responses; its clock determines which entries have expired
   * @throws {TypeError} for storages of other packages
   */
  new (storage: Storage, options?: InternalCacheOptions): Cache;
};

/** Caches by name, each over a storage of its own. */
export type CacheStorage = miniflare.CacheStorage;
export const CacheStorage: {
  prototype: CacheStorage;
  /**
   * @param options as for an instance; `cachePersist` is passed to the factory
   * @param log receives the warning of `cacheWarnUsage`
   * @param storageFactory returns the storage of a cache when the cache is first used
   */
  new (
    options: { cache?: boolean; cachePersist?: boolean | string; cacheWarnUsage?: boolean },
    log: Log,
    storageFactory: { storage(name: string, persist?: boolean | string): Storage },
    internalOptions?: InternalCacheOptions,
  ): CacheStorage;
};

/** The cache that is used if `cache` is `false`. It stores nothing. */
export type NoOpCache = miniflare.Cache;
export const NoOpCache: {
  prototype: NoOpCache;
  new (): NoOpCache;
};

/** A name for `MiniflareCore`. It cannot be constructed. */
export class CachePlugin {
  private constructor();
}
