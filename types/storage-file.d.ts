// `miniflare-rs/storage-file`, which replaces `@miniflare/storage-file`.

import type { Clock, Storage } from "./storage";

export type * from "./storage";

/**
 * Entries in a folder with a database. Files of Miniflare 2 are not read. One process has the folder open at a time.
 */
export type FileStorage = Storage;
export const FileStorage: {
  prototype: FileStorage;
  /**
   * @param root the folder, relative to the current one; it is created by the first write
   * @param sanitise accepted and ignored: every key can be stored
   * @param clock determines which entries have expired; default: `Date.now`
   */
  new (root: string, sanitise?: boolean, clock?: Clock): FileStorage;
};
