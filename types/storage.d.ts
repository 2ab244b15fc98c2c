// What `miniflare-rs/storage-memory`, `storage-file` and `storage-redis` have in common.

/** What is known of an entry but its value. */
export interface StoredMeta<Meta = unknown> {
  /** When it expires, in seconds since the epoch; `undefined` when it never does. */
  expiration?: number;
  /** Copied through JSON. */
  metadata?: Meta;
}

/** An entry. Those of a {@link KVNamespace} are their values; those of a cache have `{ status, headers }` as metadata. */
export interface StoredValueMeta<Meta = unknown> extends StoredMeta<Meta> {
  /** A copy: what is done to it later is not stored. */
  value: Uint8Array;
}

export interface StoredKeyMeta<Meta = unknown> extends StoredMeta<Meta> {
  name: string;
}

/** Which bytes of a value are wanted: `length` from `offset` on, or the last `suffix`. */
export interface StorageRange {
  offset?: number;
  length?: number;
  suffix?: number;
}

export interface StorageListOptions {
  /** What the keys begin with. */
  prefix?: string;
  /** What they do not begin with. */
  excludePrefix?: string;
  /** The first key, if it is there, in the order of UTF-8 bytes. */
  start?: string;
  /** The key after the last. */
  end?: string;
  /** From the last key to the first. Default: `false`. */
  reverse?: boolean;
  /** As the page before gave it. */
  cursor?: string;
  /** How many keys and `delimitedPrefixes` at most. */
  limit?: number;
  /** Keys that have it after `prefix` are given as one of `delimitedPrefixes`, which ends with it. */
  delimiter?: string;
}

export interface StorageListResult<Meta = unknown> {
  keys: StoredKeyMeta<Meta>[];
  /** Empty when there are no more keys. */
  cursor: string;
  /** There when a `delimiter` was given. */
  delimitedPrefixes?: string[];
}

/** The time, in milliseconds since the epoch. */
export type Clock = () => number;

/**
 * Entries by their keys. An entry that has expired is not there. It may be what a KV namespace, a cache or the storage of a
 * Durable Object is over; then its entries can be read and changed here, too.
 */
export interface Storage {
  has(key: string): Promise<boolean>;
  head<Meta = unknown>(key: string): Promise<StoredMeta<Meta> | undefined>;
  get<Meta = unknown>(key: string): Promise<StoredValueMeta<Meta> | undefined>;
  /** @throws {Error} for a range that no value of this length has */
  getRange<Meta = unknown>(
    key: string,
    range?: StorageRange,
  ): Promise<(StoredValueMeta<Meta> & { range: { offset: number; length: number } }) | undefined>;
  /** @throws {TypeError} for a value that is not bytes */
  put<Meta = unknown>(key: string, entry: StoredValueMeta<Meta>): Promise<void>;
  /** Whether there was an entry. */
  delete(key: string): Promise<boolean>;
  /** How many of the keys there are. */
  hasMany(keys: string[]): Promise<number>;
  getMany<Meta = unknown>(keys: string[]): Promise<(StoredValueMeta<Meta> | undefined)[]>;
  putMany<Meta = unknown>(entries: [key: string, entry: StoredValueMeta<Meta>][]): Promise<void>;
  /** How many of the keys there were. */
  deleteMany(keys: string[]): Promise<number>;
  /** A page of keys in the order of their UTF-8 bytes, without their values. */
  list<Meta = unknown>(options?: StorageListOptions): Promise<StorageListResult<Meta>>;
}
