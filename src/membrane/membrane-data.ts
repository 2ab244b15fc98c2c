// Data, which crosses the membrane as a copy: what it is, and when it is short enough to be sent as a list.

import { TAG } from "../protocol.ts";
import type { WireValue } from "../wire.ts";

const { BYTES, LIST, RECORD } = TAG;

// Any object may be a proxy, and any trap may throw: then it is no data, as the caller finds.
const tagOf = (value: object): string => Object.prototype.toString.call(value);

type IsProxy = (value: unknown) => boolean;

/** Whether a value is nothing but data: then it is cloned, and everything else stays a live object. */
function isData(value: unknown, isProxy: IsProxy, seen = new Set<unknown>()): boolean {
  if (typeof value === "function" || typeof value === "symbol") return false;
  if (typeof value !== "object" || value === null) return true;
  if (seen.has(value)) return true;
  if (isProxy(value)) return false;
  seen.add(value);
  const prototype = Object.getPrototypeOf(value);
  if (Array.isArray(value)) return ownData(value, isProxy, seen);
  if (isPlain(value)) return ownData(value, isProxy, seen);
  // A class of the user's own that extends a built-in one is a live object.
  if (Object.getPrototypeOf(Object.getPrototypeOf(prototype) ?? {}) !== null && !ArrayBuffer.isView(value))
    return false;
  switch (tagOf(value)) {
    case "[object Map]":
      return [...(value as Map<unknown, unknown>)].every(
        ([key, item]) => isData(key, isProxy, seen) && isData(item, isProxy, seen),
      );
    case "[object Set]":
      return [...(value as Set<unknown>)].every((item) => isData(item, isProxy, seen));
    case "[object Date]":
    case "[object RegExp]":
    case "[object ArrayBuffer]":
    case "[object BigInt]":
    case "[object Boolean]":
    case "[object Number]":
    case "[object String]":
      return true;
    default:
      return ArrayBuffer.isView(value);
  }
}

function ownData(value: object, isProxy: IsProxy, seen: Set<unknown>) {
  const descriptors = Object.getOwnPropertyDescriptors(value);
  if (Object.getOwnPropertySymbols(descriptors).length > 0) return false;
  return Object.values(descriptors).every((one) => "value" in one && isData(one.value, isProxy, seen));
}

/** More items than this, or more objects, are for structured clone. */
const SMALL = 32;

/** Whether data is a few plain objects and arrays, none of them there twice: a list is made sooner than a clone. */
function isSmall(value: unknown, seen = new Set<unknown>()): boolean {
  if (typeof value !== "object" || value === null) return true;
  // Views of one buffer share it, and so do their clones.
  const shared = isBytes(value) ? value.buffer : value;
  if (seen.has(shared) || seen.size === SMALL) return false;
  seen.add(shared);
  if (shared !== value) return true;
  if (!Array.isArray(value) && !isPlain(value)) return false;
  const keys = Object.keys(value);
  if (keys.length > SMALL || (Array.isArray(value) && !isDense(value, keys))) return false;
  return keys.every((key) => isSmall((value as Plain)[key], seen));
}

/** A plain object or an array, by its own keys. */
type Plain = Record<string, unknown>;

function isDense(array: unknown[], keys: string[]) {
  return keys.length === array.length && (keys.length === 0 || keys.at(-1) === String(keys.length - 1));
}

function isPlain(value: object) {
  const prototype = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

const isBytes = (value: unknown): value is Uint8Array =>
  value instanceof Uint8Array && value.constructor === Uint8Array;

/** Data on the wire, all of which is plain objects, arrays and bytes. */
function listed(value: unknown): WireValue {
  if (typeof value !== "object" || value === null) return value as WireValue;
  if (isBytes(value)) return [BYTES, new Uint8Array(value)];
  if (Array.isArray(value)) return [LIST, ...value.map(listed)];
  return [RECORD, ...Object.keys(value).flatMap((key) => [key, listed((value as Plain)[key])])];
}

export { isBytes, isData, isPlain, isSmall, listed };
