// `miniflare-rs/storage-memory`, which replaces `@miniflare/storage-memory`.

import type { Clock, Storage, StoredValueMeta } from "./storage";

export type * from "./storage";

/** Entries in memory. They end with the storage. */
export type MemoryStorage = Storage;
export const MemoryStorage: {
  prototype: MemoryStorage;
  /**
   * @param map initial entries. Entries that are stored later appear in it, and entries that are set in it are stored.
   * @param clock determines which entries have expired; default: `Date.now`
   */
  new (map?: Map<string, StoredValueMeta>, clock?: Clock): MemoryStorage;
};
