// `miniflare-rs/storage-memory`, in the place of `@miniflare/storage-memory`.

import type { Clock, Storage, StoredValueMeta } from "./storage";

export type * from "./storage";

/** Entries in memory, which go with it. */
export type MemoryStorage = Storage;
export const MemoryStorage: {
  prototype: MemoryStorage;
  /**
   * @param map entries to begin with; what is stored later appears in it, and what is set in it is stored
   * @param clock says which entries have expired; default: `Date.now`
   */
  new (map?: Map<string, StoredValueMeta>, clock?: Clock): MemoryStorage;
};
