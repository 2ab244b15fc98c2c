// What Miniflare 2's storage classes have in common: entries by their keys, `{ value, expiration, metadata }` each, which
// are kept in the addon. A namespace, a cache or the storage of an object may be made over one.

import { binding } from "../binding/binding.ts";
import { describe } from "../errors.ts";
import { makeFair } from "../instance/fairly.ts";
import { later } from "../binding/later.ts";
import { adopt } from "./names-realm.ts";
import type * as contract from "../../../types/storage.d.ts";
import type { Place, WireValue } from "../binding/raw.d.ts";
import type { SharedMap } from "./shared-map.ts";

/** How a storage is asked by whatever is over it, whichever copy of this package a test runner has made it with. */
const STORAGE: unique symbol = Symbol.for("miniflare-rs.storage");

/** How a storage is asked. */
interface StorageParts {
  readonly storage: Storage;
  /** What the addon knows it by. */
  readonly number: number;
  readonly place: Place;
  /** Milliseconds since the epoch. */
  now(): number;
  /** The map that a test shares with it. */
  map: SharedMap | undefined;
}

/** What the addon knows of an entry: when it expires, its metadata as JSON, and its value. */
type Known = [expiration: number | undefined, metadata: string | undefined];
type Found = [...Known, value: Uint8Array];
/** A page: where the next begins, the prefixes that keys were grouped by, and `name, expiration, metadata` of each entry. */
type Listed = [cursor: string, prefixes: string[], ...entries: (string | number | undefined)[]];
/** What the addon is asked by: a storage's number, the time, and arguments of its own. */
type Call<Args extends unknown[]> = (number: number, now: number, ...args: Args) => WireValue;

const collected = new FinalizationRegistry<number>((number) => binding.storageClose(number));

class Storage implements contract.Storage {
  declare readonly [STORAGE]: StorageParts;

  /**
   * @param place where it stores, as `places` gives it
   * @param name what tells storages of one place apart
   * @param clock gives the time in milliseconds since the epoch
   */
  constructor(place: Place, name: string, clock: unknown = () => Date.now()) {
    const Class = new.target.name;
    if (typeof clock !== "function") throw new TypeError(`A clock of ${Class} is a function, got ${describe(clock)}`);
    const number = binding.storageOpen(place, name);
    collected.register(this, number);
    const parts: StorageParts = { storage: this, number, place, now: () => Number(clock()), map: undefined };
    Object.defineProperty(this, STORAGE, { value: parts });
  }

  async has(key: string) {
    return (await this.head(key)) !== undefined;
  }

  async head<Meta = unknown>(key: string): Promise<contract.StoredMeta<Meta> | undefined> {
    const found = (await ask(this, [key], binding.storageHead, keyOf("head", key))) as Known | null;
    return found === null ? undefined : known(found[0], found[1]);
  }

  async get<Meta = unknown>(key: string): Promise<contract.StoredValueMeta<Meta> | undefined> {
    const found = (await ask(this, [key], binding.storageGet, keyOf("get", key))) as Found | null;
    return found === null ? undefined : { value: adopt(found[2]), ...known(found[0], found[1]) };
  }

  async getRange<Meta = unknown>(key: string, range: contract.StorageRange = {}) {
    const found = await this.get<Meta>(key);
    if (found === undefined) return undefined;
    const { offset, length } = rangeOf(range, found.value.byteLength);
    return { ...found, value: found.value.slice(offset, offset + length), range: { offset, length } };
  }

  async put<Meta = unknown>(key: string, entry: contract.StoredValueMeta<Meta>) {
    await write(this, [key], binding.storagePut, keyOf("put", key), ...partsOf(entry));
  }

  async delete(key: string) {
    return (await this.deleteMany([key])) > 0;
  }

  async hasMany(keys: string[]) {
    const found = await Promise.all(keys.map((key) => this.has(key)));
    return found.filter(Boolean).length;
  }

  async getMany<Meta = unknown>(keys: string[]) {
    return Promise.all(keys.map((key) => this.get<Meta>(key)));
  }

  async putMany<Meta = unknown>(entries: [key: string, entry: contract.StoredValueMeta<Meta>][]) {
    await Promise.all(entries.map(([key, entry]) => this.put(key, entry)));
  }

  async deleteMany(keys: string[]) {
    const names = keys.map((key) => keyOf("delete", key));
    const [count] = (await write(this, keys, binding.storageDelete, names)) as [number];
    return count;
  }

  async list<Meta = unknown>(
    options: contract.StorageListOptions | undefined = undefined,
  ): Promise<contract.StorageListResult<Meta>> {
    const { prefix, excludePrefix, start, end, reverse, cursor, limit, delimiter } = options ?? {};
    const query = [prefix, excludePrefix, start, end, Boolean(reverse), cursor, limit, delimiter];
    const [next, prefixes, ...flat] = (await ask(this, undefined, binding.storageList, query)) as Listed;
    const keys: contract.StoredKeyMeta<Meta>[] = [];
    for (let index = 0; index < flat.length; index += 3) {
      // Three items are an entry.
      const [name, ...rest] = flat.slice(index, index + 3) as [name: string, ...Known];
      keys.push({ name, ...known<Meta>(...rest) });
    }
    const page: contract.StorageListResult<Meta> = { keys, cursor: next };
    if (delimiter !== undefined) page.delimitedPrefixes = prefixes;
    return page;
  }
}

makeFair(Storage);

/** How what is made `over` a storage asks it: `{ storage, number, now(), map }`. */
function storageOf(over: string, storage: unknown): StorageParts {
  const parts = (storage as Partial<Storage> | null | undefined)?.[STORAGE];
  if (parts !== undefined) return parts;
  const classes = "a MemoryStorage, a FileStorage or a RedisStorage";
  throw new TypeError(`new ${over}() takes ${classes} of miniflare-rs, got ${describe(storage)}`);
}

/** Asks for what is known of `keys`, of all without them. */
function ask<Args extends unknown[]>(storage: Storage, keys: string[] | undefined, call: Call<Args>, ...args: Args) {
  const { number, now, map } = storage[STORAGE];
  map?.pull(keys);
  const answer = call(number, now(), ...args);
  map?.push(keys, false);
  return typeof answer === "number" ? later(answer) : answer;
}

/** Asks for a change of `keys`. */
function write<Args extends unknown[]>(storage: Storage, keys: string[], call: Call<Args>, ...args: Args) {
  const { number, now, map } = storage[STORAGE];
  map?.pull(keys);
  const answer = call(number, now(), ...args);
  map?.push(keys, true);
  return typeof answer === "number" ? later(answer) : answer;
}

function keyOf(method: string, key: unknown) {
  if (typeof key === "string") return key;
  throw new TypeError(`${method}() of a storage takes a key, a string, got ${describe(key)}`);
}

/** `[value, [expiration, metadata]]` of an entry, as the addon takes it. */
function partsOf(
  entry: unknown,
): [value: Uint8Array, of: [expiration: number | undefined, metadata: string | undefined]] {
  const { value, expiration, metadata } = (entry ?? {}) as Partial<Record<string, unknown>>;
  if (!ArrayBuffer.isView(value)) {
    const shape = "{ value, expiration, metadata } with a Uint8Array as the value";
    throw new TypeError(`put() of a storage takes ${shape}, got ${describe(value === undefined ? entry : value)}`);
  }
  if (expiration !== undefined && typeof expiration !== "number") {
    throw new TypeError(`An entry's expiration is a number of seconds since the epoch, got ${describe(expiration)}`);
  }
  const bytes = new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
  return [bytes, [expiration, metadata === undefined ? undefined : JSON.stringify(metadata)]];
}

function known<Meta>(...[expiration, metadata]: Known): contract.StoredMeta<Meta> {
  return { expiration, metadata: metadata === undefined ? undefined : JSON.parse(metadata) };
}

/** Which bytes of a value a range means; the texts are Miniflare 2's. */
function rangeOf({ offset, length, suffix }: contract.StorageRange, size: number) {
  if (suffix !== undefined) {
    if (suffix <= 0) throw new Error("Suffix must be > 0");
    offset = size - Math.min(suffix, size);
    length = size - offset;
  }
  offset ??= 0;
  length ??= size - offset;
  if (offset < 0) throw new Error("Offset must be >= 0");
  if (offset > size) throw new Error("Offset must be < size");
  if (length <= 0) throw new Error("Length must be > 0");
  return { offset, length: Math.min(length, size - offset) };
}

export { known, partsOf, Storage, STORAGE, storageOf };
export type { Found, Listed, StorageParts };
