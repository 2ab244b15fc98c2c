// `miniflare-rs/cache`, in the place of `@miniflare/cache`.

import type * as miniflare from "../index";
import type { Log } from "../index";
import type { Clock, Storage } from "./storage";

export { CacheError } from "../index";
export type { CacheQueryOptions as CacheMatchOptions } from "../index";

export interface InternalCacheOptions {
  /** The time by which responses are fresh. Default: `Date.now`. */
  clock?: Clock;
  /** Refuses every call, as outside of a worker's requests. Default: `false`. */
  blockGlobalAsyncIO?: boolean;
  /** Accepted; files of forms are always files. */
  formDataFiles?: boolean;
}

/** A cache over a storage, without an instance. */
export type Cache = miniflare.Cache;
export const Cache: {
  prototype: Cache;
  /**
   * @param storage where the responses are, and whose clock says which have expired
   * @throws {TypeError} for storages that are not this package's
   */
  new (storage: Storage, options?: InternalCacheOptions): Cache;
};

/** Caches by their names, each over a storage of its own. */
export type CacheStorage = miniflare.CacheStorage;
export const CacheStorage: {
  prototype: CacheStorage;
  /**
   * @param options as of an instance; `cachePersist` is handed to the factory
   * @param log is warned with `cacheWarnUsage`
   * @param storageFactory gives the storage of a cache when it is first used
   */
  new (
    options: { cache?: boolean; cachePersist?: boolean | string; cacheWarnUsage?: boolean },
    log: Log,
    storageFactory: { storage(name: string, persist?: boolean | string): Storage },
    internalOptions?: InternalCacheOptions,
  ): CacheStorage;
};

/** What caches are when `cache` is `false`: nothing is stored. */
export type NoOpCache = miniflare.Cache;
export const NoOpCache: {
  prototype: NoOpCache;
  new (): NoOpCache;
};

/** A name for `MiniflareCore`; it cannot be constructed. */
export class CachePlugin {
  private constructor();
}
