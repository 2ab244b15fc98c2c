// What Miniflare 2's storage classes have in common: entries by their keys, `{ value, expiration, metadata }` each, which
// are kept in the addon. A namespace, a cache or the storage of an object may be made over one.

import { binding } from "../binding/binding.ts";
import { describe } from "../errors.ts";
import { makeFair } from "../instance/fairly.ts";
import { later } from "../binding/later.ts";
import { adopt } from "./names-realm.ts";

/** How a storage is asked by whatever is over it, whichever copy of this package a test runner has made it with. */
const STORAGE = Symbol.for("miniflare-rs.storage");

const collected = new FinalizationRegistry((number) => binding.storageClose(number));

class Storage {
  /**
   * @param place where it stores, as `places` gives it
   * @param name what tells storages of one place apart
   * @param clock gives the time in milliseconds since the epoch
   */
  constructor(place, name, clock = () => Date.now()) {
    const Class = new.target.name;
    if (typeof clock !== "function") throw new TypeError(`A clock of ${Class} is a function, got ${describe(clock)}`);
    const number = binding.storageOpen(place, name);
    collected.register(this, number);
    const parts = { storage: this, number, now: () => Number(clock()), map: undefined };
    Object.defineProperty(this, STORAGE, { value: parts });
  }

  async has(key) {
    return (await this.head(key)) !== undefined;
  }

  async head(key) {
    const found = await ask(this, [key], binding.storageHead, keyOf("head", key));
    return found === null ? undefined : known(found[0], found[1]);
  }

  async get(key) {
    const found = await ask(this, [key], binding.storageGet, keyOf("get", key));
    return found === null ? undefined : { value: adopt(found[2]), ...known(found[0], found[1]) };
  }

  async getRange(key, range = {}) {
    const found = await this.get(key);
    if (found === undefined) return undefined;
    const { offset, length } = rangeOf(range, found.value.byteLength);
    return { ...found, value: found.value.slice(offset, offset + length), range: { offset, length } };
  }

  async put(key, entry) {
    await write(this, [key], binding.storagePut, keyOf("put", key), ...partsOf(entry));
  }

  async delete(key) {
    return (await this.deleteMany([key])) > 0;
  }

  async hasMany(keys) {
    const found = await Promise.all(keys.map((key) => this.has(key)));
    return found.filter(Boolean).length;
  }

  async getMany(keys) {
    return Promise.all(keys.map((key) => this.get(key)));
  }

  async putMany(entries) {
    await Promise.all(entries.map(([key, entry]) => this.put(key, entry)));
  }

  async deleteMany(keys) {
    const names = keys.map((key) => keyOf("delete", key));
    const [count] = await write(this, keys, binding.storageDelete, names);
    return count;
  }

  async list(options = undefined) {
    const { prefix, excludePrefix, start, end, reverse, cursor, limit, delimiter } = options ?? {};
    const query = [prefix, excludePrefix, start, end, Boolean(reverse), cursor, limit, delimiter];
    const [next, prefixes, ...flat] = await ask(this, undefined, binding.storageList, query);
    const keys = [];
    for (let index = 0; index < flat.length; index += 3) {
      keys.push({ name: flat[index], ...known(flat[index + 1], flat[index + 2]) });
    }
    const page = { keys, cursor: next };
    if (delimiter !== undefined) page.delimitedPrefixes = prefixes;
    return page;
  }
}

makeFair(Storage);

/** How what is made `over` a storage asks it: `{ storage, number, now(), map }`. */
function storageOf(over, storage) {
  const parts = storage?.[STORAGE];
  if (parts !== undefined) return parts;
  const classes = "a MemoryStorage, a FileStorage or a RedisStorage";
  throw new TypeError(`new ${over}() takes ${classes} of miniflare-rs, got ${describe(storage)}`);
}

/** Asks for what is known of `keys`, of all without them. */
function ask(storage, keys, call, ...args) {
  const { number, now, map } = storage[STORAGE];
  map?.pull(keys);
  const answer = call(number, now(), ...args);
  map?.push(keys, false);
  return typeof answer === "number" ? later(answer) : answer;
}

/** Asks for a change of `keys`. */
function write(storage, keys, call, ...args) {
  const { number, now, map } = storage[STORAGE];
  map?.pull(keys);
  const answer = call(number, now(), ...args);
  map?.push(keys, true);
  return typeof answer === "number" ? later(answer) : answer;
}

function keyOf(method, key) {
  if (typeof key === "string") return key;
  throw new TypeError(`${method}() of a storage takes a key, a string, got ${describe(key)}`);
}

/** `[value, [expiration, metadata]]` of an entry, as the addon takes it. */
function partsOf(entry) {
  const value = entry?.value;
  if (!ArrayBuffer.isView(value)) {
    const shape = "{ value, expiration, metadata } with a Uint8Array as the value";
    throw new TypeError(`put() of a storage takes ${shape}, got ${describe(value === undefined ? entry : value)}`);
  }
  const { expiration, metadata } = entry;
  if (expiration !== undefined && typeof expiration !== "number") {
    throw new TypeError(`An entry's expiration is a number of seconds since the epoch, got ${describe(expiration)}`);
  }
  const bytes = new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
  return [bytes, [expiration, metadata === undefined ? undefined : JSON.stringify(metadata)]];
}

function known(expiration, metadata) {
  return { expiration, metadata: metadata === undefined ? undefined : JSON.parse(metadata) };
}

/** Which bytes of a value a range means; the texts are Miniflare 2's. */
function rangeOf({ offset, length, suffix }, size) {
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
