// Reading and writing as the storage and a transaction over it both do: what calls mean, and what is wrong with them.
// `open` is the one or the other; sizes and counts are checked where it lives.

import { core } from "ext:core/mod.js";
import {
  op_durable_confirm,
  op_durable_confirmed,
  op_durable_delete,
  op_durable_delete_many,
  op_durable_get,
  op_durable_get_many,
  op_durable_list,
  op_durable_put,
  op_durable_put_many,
} from "ext:core/ops";
import { COUNT, count } from "ext:miniflare/durable/usage.ts";
import type * as miniflare from "../../index.d.ts";
import type { Native } from "ext:core/ops";

const { DOMException } = core.loadExtScript("ext:deno_web/01_dom_exception.js");

/** A storage, or a transaction over it. */
export type Open = Native<"Open">;
type Options = miniflare.DurableObjectStorageOptions | undefined;

/** The serializer's error for an object that cannot be cloned. */
const NO_DATA = /^#<.*> could not be cloned\.$/;

/** Refuses a call without a key; `where` names the class. */
export function requireKey(method: string, where: string, key: unknown) {
  if (key !== undefined) return;
  throw new TypeError(
    `Failed to execute '${method}' on '${where}': parameter 1 is not of type 'variant'. (key is undefined)`,
  );
}

/** How many keys there are; what is wrong with them is found later. */
const sizeOf = (keys: string | string[]) => (Array.isArray(keys) ? keys.length : 1);

export function get(open: Open, keys: string | string[]) {
  count(COUNT.READS, sizeOf(keys));
  if (typeof keys === "string") return op_durable_get(open, wellFormed(keys));
  return mapOf(op_durable_get_many(open, keyList("get", keys)));
}

export const put = (open: Open, keyOrEntries: string | Record<string, unknown>, value: unknown) =>
  cloned(() => write(open, keyOrEntries, value));

/** Puts a value, which may be undefined. */
export function putValue(open: Open, key: string, value: unknown) {
  count(COUNT.WRITES);
  cloned(() => op_durable_put(open, key, value));
}

function cloned(write: () => void) {
  try {
    write();
  } catch (error) {
    // The serializer's own errors have no class.
    if (!core.isNativeError(error) || !NO_DATA.test(error.message)) throw error;
    throw new DOMException(error.message, "DataCloneError");
  }
}

function write(open: Open, keyOrEntries: unknown, value: unknown) {
  if (typeof keyOrEntries === "string") {
    if (value === undefined) throw new TypeError("put() called with undefined value.");
    count(COUNT.WRITES);
    return op_durable_put(open, wellFormed(keyOrEntries), value);
  }
  if (typeof keyOrEntries !== "object" || keyOrEntries === null) {
    throw new TypeError(`put() takes a key (a string) and a value, or an object of entries, got ${show(keyOrEntries)}`);
  }
  const keys = Object.keys(keyOrEntries);
  keys.forEach(wellFormed);
  count(COUNT.WRITES, keys.length);
  op_durable_put_many(open, Object.entries(keyOrEntries).flat());
}

/**
 * Nothing when all that was written survives, as the option `durability` wants it; otherwise a promise of it, which rejects
 * when it could not be written. A storage that has just been opened may also have to be fetched first.
 */
export const confirm = (open: Open) => (op_durable_confirm(open) ? undefined : op_durable_confirmed(open));

/** Whether there was a value; for many keys, how many there were. */
export function remove(open: Open, keys: string | string[]) {
  count(COUNT.DELETES, sizeOf(keys));
  if (typeof keys === "string") return op_durable_delete(open, wellFormed(keys));
  return op_durable_delete_many(open, keyList("delete", keys));
}

export function list(open: Open, options: miniflare.DurableObjectListOptions | undefined) {
  const { start, startAfter, end, prefix, reverse, limit } = boundsOf(options);
  count(COUNT.LISTS);
  return mapOf(op_durable_list(open, start, startAfter, end, prefix, reverse, limit));
}

/** Which entries are listed; a negative limit means no limit. */
export interface Bounds {
  start: string | undefined;
  startAfter: string | undefined;
  end: string | undefined;
  prefix: string | undefined;
  reverse: boolean;
  limit: number;
}

export function boundsOf(options: miniflare.DurableObjectListOptions | undefined): Bounds {
  const { start, startAfter, end, prefix, reverse = false, limit } = options ?? {};
  if (limit !== undefined && !(limit > 0)) throw new TypeError("List limit must be positive.");
  if (start !== undefined && startAfter !== undefined) {
    throw new TypeError("list() cannot be called with both start and startAfter values.");
  }
  const bounds = { start, startAfter, end, prefix };
  for (const [name, key] of Object.entries(bounds)) {
    if (key === undefined) continue;
    if (typeof key !== "string") throw new TypeError(`list() takes ${name} as a key (a string), got ${show(key)}`);
    wellFormed(key);
  }
  return { ...bounds, reverse: Boolean(reverse), limit: Number(limit ?? -1) };
}

/** Where the options of `put` are: after the value, or after the entries. */
export const putOptions = (keyOrEntries: unknown, value: unknown, options: Options): Options =>
  options ?? (typeof keyOrEntries === "string" ? undefined : (value as Options));

function keyList(method: string, keys: unknown): (string | undefined)[] {
  if (Array.isArray(keys) && keys.every((key) => key === undefined || typeof key === "string")) {
    for (const key of keys) if (key !== undefined) wellFormed(key);
    return keys;
  }
  throw new TypeError(`${method}() takes a key (a string) or an array of keys, got ${show(keys)}`);
}

/** The key, unless it is no text that can be stored: two with different halves of surrogate pairs would be one. */
export function wellFormed(key: string) {
  if (key.isWellFormed()) return key;
  throw new TypeError(`Invalid key ${JSON.stringify(key)}: it has a lone surrogate`);
}

function mapOf(flat: unknown[]) {
  const map = new Map<string, unknown>();
  for (let index = 0; index < flat.length; index += 2) map.set(flat[index] as string, flat[index + 1]);
  return map;
}

function show(value: unknown) {
  if (Array.isArray(value)) return "an array with something else";
  return typeof value === "object" && value !== null ? "an object" : `${String(value)} (${typeof value})`;
}
