// The common part of `miniflare-rs/storage-memory`, `storage-file` and `storage-redis`.

/** An entry without its value. */
export interface StoredMeta<Meta = unknown> {
  /** When the entry expires, in seconds since 1970; `undefined` if it does not expire. */
  expiration?: number;
  /** A value that is copied through JSON. */
  metadata?: Meta;
}

/**
 * An entry. Those of a {@link KVNamespace} contain its values; those of a cache have `{ status, headers }` as metadata.
 */
export interface StoredValueMeta<Meta = unknown> extends StoredMeta<Meta> {
  /** A copy: later changes to it are not stored. */
  value: Uint8Array;
}

export interface StoredKeyMeta<Meta = unknown> extends StoredMeta<Meta> {
  name: string;
}

/** A range of the bytes of a value: `length` bytes from `offset` on, or the last `suffix` bytes. */
export interface StorageRange {
  offset?: number;
  length?: number;
  suffix?: number;
}

export interface StorageListOptions {
  /** The prefix of the keys. Default: none. */
  prefix?: string;
  /** A prefix that excludes keys. Default: none. */
  excludePrefix?: string;
  /** The first key, inclusive, in the order of UTF-8 bytes. */
  start?: string;
  /** The last key, exclusive. */
  end?: string;
  /** Whether to list in descending order. Default: `false`. */
  reverse?: boolean;
  /** The `cursor` of the previous page. */
  cursor?: string;
  /** The maximum number of keys and `delimitedPrefixes`, together. */
  limit?: number;
  /**
   * Groups keys that contain it after `prefix`: they are returned as one of `delimitedPrefixes`, which ends with it.
   */
  delimiter?: string;
}

export interface StorageListResult<Meta = unknown> {
  keys: StoredKeyMeta<Meta>[];
  /** The cursor for the next page; empty if there is none. */
  cursor: string;
  /** Present if a `delimiter` was given. */
  delimitedPrefixes?: string[];
}

/** Returns the time in milliseconds since 1970. */
export type Clock = () => number;

/**
 * Entries by key. Expired entries do not exist. A KV namespace, a cache or the storage of a Durable Object can use a
 * storage; its entries can still be read and changed through these methods.
 */
export interface Storage {
  has(key: string): Promise<boolean>;
  head<Meta = unknown>(key: string): Promise<StoredMeta<Meta> | undefined>;
  get<Meta = unknown>(key: string): Promise<StoredValueMeta<Meta> | undefined>;
  /** @throws {Error} for a range outside the value */
  getRange<Meta = unknown>(
    key: string,
    range?: StorageRange,
  ): Promise<(StoredValueMeta<Meta> & { range: { offset: number; length: number } }) | undefined>;
  /** @throws {TypeError} for a value that is not bytes */
  put<Meta = unknown>(key: string, entry: StoredValueMeta<Meta>): Promise<void>;
  /** Deletes an entry. Returns whether there was one. */
  delete(key: string): Promise<boolean>;
  /** Returns how many of the keys exist. */
  hasMany(keys: string[]): Promise<number>;
  getMany<Meta = unknown>(keys: string[]): Promise<(StoredValueMeta<Meta> | undefined)[]>;
  putMany<Meta = unknown>(entries: [key: string, entry: StoredValueMeta<Meta>][]): Promise<void>;
  /** Deletes entries. Returns how many of the keys existed. */
  deleteMany(keys: string[]): Promise<number>;
  /** Returns one page of keys, in the order of their UTF-8 bytes, without their values. */
  list<Meta = unknown>(options?: StorageListOptions): Promise<StorageListResult<Meta>>;
}
