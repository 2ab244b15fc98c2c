// `miniflare-rs/storage-file`, in the place of `@miniflare/storage-file`.

import type { Clock, Storage } from "./storage";

export type * from "./storage";

/** Entries in a folder, which is a database: Miniflare 2's files are not read. One process has it open at a time. */
export type FileStorage = Storage;
export const FileStorage: {
  prototype: FileStorage;
  /**
   * @param root the folder, made when something is stored; relative paths start from the current folder
   * @param sanitise accepted; any key can be stored
   * @param clock says which entries have expired; default: `Date.now`
   */
  new (root: string, sanitise?: boolean, clock?: Clock): FileStorage;
};
