// Methods of buffers that look for values, compare, copy and describe: as Node's, with its checks of arguments.

import { decode, encode, encodingOf } from "./codecs.ts";
import { invalidArgType, nodeError, outOfRange, validateInteger, validateNumber } from "./errors.ts";
import { inspect } from "./inspect.ts";

type Bytes = Uint8Array<ArrayBuffer>;

const MOST_OFFSET = 0x7fffffff;
const LEAST_OFFSET = -0x80000000;
const customInspect = Symbol.for("nodejs.util.inspect.custom");

/** How many bytes a description of a buffer shows. */
export const shown = { most: 50 };

function checkBytes(value: unknown, name: string): asserts value is Bytes {
  if (!(value instanceof Uint8Array)) throw invalidArgType(name, ["Buffer", "Uint8Array"], value);
}

/** The index where a search starts; -1 if nothing can be found from there. */
function startOf(length: number, offset: number, size: number, isForward: boolean): number {
  if (offset < 0) {
    if (offset + length >= 0) return length + offset;
    return isForward || size === 0 ? 0 : -1;
  }
  if (offset + size <= length) return offset;
  if (size === 0) return length;
  return isForward ? -1 : length - 1;
}

/** The index of `part` in `whole`, from `start` on or back, in steps of a unit's bytes. */
function search(whole: Uint8Array, part: Uint8Array, start: number, isForward: boolean, unit: number): number {
  const last = whole.length - part.length;
  const isAt = (index: number) => part.every((byte, position) => whole[index + position] === byte);
  const first = start - (start % unit);
  if (!isForward) {
    for (let index = Math.min(first, last - (last % unit)); index >= 0; index -= unit) if (isAt(index)) return index;
    return -1;
  }
  for (let index = first; index <= last; index += unit) {
    if (unit === 1) {
      index = Uint8Array.prototype.indexOf.call(whole, part[0], index);
      if (index < 0 || index > last) return -1;
    }
    if (isAt(index)) return index;
  }
  return -1;
}

function indexIn(whole: unknown, value: unknown, offset: unknown, encoding: unknown, isForward: boolean): number {
  if (!ArrayBuffer.isView(whole)) throw invalidArgType("buffer", ["Buffer", "TypedArray", "DataView"], whole);
  const bytes = new Uint8Array(whole.buffer, whole.byteOffset, whole.byteLength);
  const name = typeof offset === "string" ? offset : encoding;
  let from = typeof offset === "string" ? Number.NaN : Number(offset);
  from = Number.isNaN(from) ? (isForward ? 0 : bytes.length) : Math.min(Math.max(from, LEAST_OFFSET), MOST_OFFSET);
  from = Math.trunc(from);
  if (typeof value === "number") {
    const start = startOf(bytes.length, from, 1, isForward);
    if (start < 0 || bytes.length === 0) return -1;
    const byte = value & 0xff;
    const { indexOf, lastIndexOf } = Uint8Array.prototype;
    return (isForward ? indexOf : lastIndexOf).call(bytes, byte, start);
  }
  const known = name === undefined || name === null ? "utf8" : encodingOf(String(name));
  if (typeof value !== "string" && !(value instanceof Uint8Array)) {
    throw invalidArgType("value", ["number", "string", "Buffer", "Uint8Array"], value);
  }
  if (typeof value === "string" && known === undefined) {
    throw nodeError(TypeError, "ERR_UNKNOWN_ENCODING", `Unknown encoding: ${name}`);
  }
  const part =
    typeof value === "string"
      ? encode(value, known as string)
      : new Uint8Array(value.buffer, value.byteOffset, value.length);
  const start = startOf(bytes.length, from, part.length, isForward);
  if (part.length === 0) return start;
  const unit = known === "utf16le" ? 2 : 1;
  if (bytes.length < unit || part.length < unit || start < 0) return -1;
  if ((isForward && start + part.length > bytes.length) || part.length > bytes.length) return -1;
  return search(bytes, part, start, isForward, unit);
}

/** A position as Node reads one: what is no number that it can be is `otherwise`. */
function position(value: unknown, otherwise: number): number {
  const number = Number(value);
  return Number.isNaN(number) || Math.abs(number) > Number.MAX_SAFE_INTEGER ? otherwise : Math.floor(number);
}

function copy(this: unknown, target: unknown, targetStart?: unknown, sourceStart?: unknown, sourceEnd?: unknown) {
  checkBytes(this, "source");
  if (!ArrayBuffer.isView(target)) throw invalidArgType("target", ["Buffer", "Uint8Array"], target);
  const into = new Uint8Array(target.buffer, target.byteOffset, target.byteLength);
  const at = targetStart === undefined ? 0 : position(targetStart, 0);
  if (at < 0) throw outOfRange("targetStart", ">= 0", targetStart);
  const first = sourceStart === undefined ? 0 : position(sourceStart, 0);
  if (first < 0 || first > this.length) throw outOfRange("sourceStart", `>= 0 && <= ${this.length}`, sourceStart);
  const last = sourceEnd === undefined ? this.length : position(sourceEnd, 0);
  if (last < 0) throw outOfRange("sourceEnd", ">= 0", sourceEnd);
  if (at >= into.length || first >= last) return 0;
  const count = Math.min(last - first, this.length - first, into.length - at);
  Uint8Array.prototype.set.call(into, new Uint8Array(this.buffer, this.byteOffset + first, count), at);
  return count;
}

function order(a: Uint8Array, b: Uint8Array): number {
  const length = Math.min(a.length, b.length);
  for (let index = 0; index < length; index++) if (a[index] !== b[index]) return a[index] > b[index] ? 1 : -1;
  return Math.sign(a.length - b.length);
}

function compare(this: Bytes, target: unknown, start?: unknown, end?: unknown, from?: unknown, to?: unknown) {
  checkBytes(target, "target");
  const bound = (value: unknown, name: string, otherwise: number, most: number) => {
    if (value === undefined) return otherwise;
    validateInteger(value, name, 0, most);
    return value;
  };
  const first = bound(start, "targetStart", 0, Number.MAX_SAFE_INTEGER);
  const last = bound(end, "targetEnd", target.length, target.length);
  const ownFirst = bound(from, "sourceStart", 0, Number.MAX_SAFE_INTEGER);
  const ownLast = bound(to, "sourceEnd", this.length, this.length);
  if (ownFirst >= ownLast) return first >= last ? 0 : -1;
  if (first >= last) return 1;
  return order(this.subarray(ownFirst, ownLast), target.subarray(first, last));
}

interface InspectContext {
  showHidden?: boolean;
}

function describe(this: Bytes, _depth?: number, context?: InspectContext): string {
  const hex = decode(this.subarray(0, Math.min(shown.most, this.length)), "hex");
  let text = hex.replace(/(.{2})/g, "$1 ").trim();
  const rest = this.length - shown.most;
  if (rest > 0) text += ` ... ${rest} more byte${rest > 1 ? "s" : ""}`;
  const keys = context === undefined ? [] : Object.keys(this).filter((key) => !/^\d+$/.test(key));
  if (keys.length > 0) {
    const own = this as unknown as Record<string, unknown>;
    const extra = Object.assign(Object.create(null), Object.fromEntries(keys.map((key) => [key, own[key]])));
    if (this.length > 0) text += ", ";
    text += inspect(extra, { ...context, breakLength: Number.POSITIVE_INFINITY, compact: true }).slice(27, -2);
  }
  return `<${this.constructor.name} ${text}>`;
}

/** Sets how many bytes a description shows. */
export function setShown(most: unknown) {
  validateNumber(most, "INSPECT_MAX_BYTES", 0);
  shown.most = most;
}

export const methods = {
  compare,
  copy,
  includes(this: unknown, value: unknown, offset?: unknown, encoding?: unknown) {
    return indexIn(this, value, offset, encoding, true) !== -1;
  },
  indexOf(this: unknown, value: unknown, offset?: unknown, encoding?: unknown) {
    return indexIn(this, value, offset, encoding, true);
  },
  inspect: describe,
  lastIndexOf(this: unknown, value: unknown, offset?: unknown, encoding?: unknown) {
    return indexIn(this, value, offset, encoding, false);
  },
  [customInspect]: describe,
};
export { order };
