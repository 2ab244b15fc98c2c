// `node:buffer`: the library's class, with Node's errors, all encodings, and what the library lacks.

import { Buffer, INSPECT_MAX_BYTES, SlowBuffer } from "buffer/";
import { checkNumbers } from "./buffer-numbers.ts";
import { decode, encode, encodingOf } from "./codecs.ts";
import {
  invalidArgType,
  nodeError,
  notImplemented,
  validateInteger,
  validateNumber,
  validateString,
} from "./errors.ts";

type Bytes = Uint8Array<ArrayBuffer>;
type Method = (this: Bytes, ...args: never[]) => unknown;
type Class = Record<string, (...args: unknown[]) => unknown> & { prototype: Record<string, unknown> };

const MAX_LENGTH = 2 ** 53 - 1;
const MAX_STRING_LENGTH = 2 ** 29 - 24;
const statics = Buffer as unknown as Class;
const base = { ...statics };
const { prototype } = statics;

/** Makes bytes a buffer. */
const own = (bytes: Bytes) => Object.setPrototypeOf(bytes, prototype) as Bytes;

function checkedEncoding(name: unknown): string {
  if (name === undefined || name === null || name === "") return "utf8";
  const encoding = typeof name === "string" ? encodingOf(name) : undefined;
  if (encoding === undefined) throw nodeError(TypeError, "ERR_UNKNOWN_ENCODING", `Unknown encoding: ${name}`);
  return encoding;
}

/** In a static method, an unknown encoding is UTF-8. */
const looseEncoding = (name: unknown) => (typeof name === "string" ? checkedEncoding(name) : "utf8");

function from(value: unknown, encodingOrOffset?: unknown, length?: unknown) {
  if (typeof value === "string") return own(encode(value, looseEncoding(encodingOrOffset)));
  const isObject = typeof value === "object" && value !== null;
  if (!isObject) throw wrongSource(value);
  const primitive = value.valueOf();
  if (primitive !== value && (typeof primitive === "string" || (typeof primitive === "object" && primitive !== null))) {
    return from(primitive, encodingOrOffset, length);
  }
  const isKnown =
    ArrayBuffer.isView(value) ||
    "length" in value ||
    "buffer" in value ||
    (value as { type?: unknown }).type === "Buffer";
  if (!isKnown && !(value instanceof ArrayBuffer) && !(value instanceof SharedArrayBuffer)) {
    const convert = (value as { [Symbol.toPrimitive]?: (hint: string) => unknown })[Symbol.toPrimitive];
    const text = typeof convert === "function" ? convert.call(value, "string") : undefined;
    if (typeof text !== "string") throw wrongSource(value);
    return from(text, encodingOrOffset);
  }
  try {
    return base.from(value, encodingOrOffset, length);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw nodeError(RangeError, "ERR_BUFFER_OUT_OF_BOUNDS", error.message);
  }
}

function wrongSource(value: unknown) {
  const expected = "Buffer, ArrayBuffer, or Array or an Array-like Object";
  const { message } = invalidArgType("first argument", "string", value);
  const text = message.replace("of type string", `of type string or an instance of ${expected}`);
  return nodeError(TypeError, "ERR_INVALID_ARG_TYPE", text);
}

function checkedSize(size: unknown): number {
  validateNumber(size, "size", 0, MAX_LENGTH);
  if (Number.isNaN(size)) validateInteger(size, "size");
  return size;
}

const allocUnsafe = (size: unknown) => own(new Uint8Array(checkedSize(size)));

function byteLength(value: unknown, encoding?: unknown): number {
  if (typeof value === "string")
    return encode(value, typeof encoding === "string" ? (encodingOf(encoding) ?? "utf8") : "utf8").length;
  if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer || value instanceof SharedArrayBuffer) {
    return value.byteLength;
  }
  throw invalidArgType("string", ["string", "Buffer", "ArrayBuffer"], value);
}

function concat(list: unknown, length?: unknown) {
  if (!Array.isArray(list)) throw invalidArgType("list", "Array", list);
  list.forEach((part, index) => {
    if (!(part instanceof Uint8Array)) throw invalidArgType(`list[${index}]`, ["Buffer", "Uint8Array"], part);
  });
  if (length !== undefined) validateInteger(length, "length", 0);
  const total = length ?? list.reduce((sum: number, part: Uint8Array) => sum + part.length, 0);
  const joined = allocUnsafe(total);
  let position = 0;
  for (const part of list as Uint8Array[]) {
    if (position >= joined.length) break;
    const fits = part.length > joined.length - position ? part.subarray(0, joined.length - position) : part;
    Uint8Array.prototype.set.call(joined, fits, position);
    position += fits.length;
  }
  return joined;
}

function compare(a: unknown, b: unknown): number {
  if (!(a instanceof Uint8Array)) throw invalidArgType("buf1", ["Buffer", "Uint8Array"], a);
  if (!(b instanceof Uint8Array)) throw invalidArgType("buf2", ["Buffer", "Uint8Array"], b);
  const index = a.findIndex((byte, position) => byte !== b[position]);
  if (index < 0) return a.length < b.length ? -1 : 0;
  return index >= b.length || a[index] > b[index] ? 1 : -1;
}

/** A copy of a part of a typed array, counted in its elements. */
function copyBytesFrom(view: Uint8Array, offset = 0, length?: number) {
  if (!ArrayBuffer.isView(view) || view instanceof DataView) throw invalidArgType("view", "TypedArray", view);
  validateInteger(offset, "offset", 0);
  if (length !== undefined) validateInteger(length, "length", 0);
  const part = view.subarray(offset, length === undefined ? undefined : offset + length);
  return own(new Uint8Array(part.buffer, part.byteOffset, part.byteLength).slice());
}

Object.assign(statics, {
  alloc(size: unknown, fill?: unknown, encoding?: unknown) {
    const bytes = allocUnsafe(size) as Bytes & { fill(...args: unknown[]): Bytes };
    if (fill === undefined || fill === 0 || bytes.length === 0) return bytes;
    return typeof encoding === "string" ? bytes.fill(fill, encoding) : bytes.fill(fill);
  },
  allocUnsafe,
  allocUnsafeSlow: (size: unknown) => allocUnsafe(size),
  byteLength,
  compare,
  concat,
  copyBytesFrom,
  from,
  isBuffer: (value: unknown) => value instanceof Buffer,
  isEncoding: (name: unknown) => typeof name === "string" && name !== "" && encodingOf(name) !== undefined,
});

function define(methods: Record<string, Method> & ThisType<Bytes>) {
  for (const [name, value] of Object.entries(methods)) {
    Object.defineProperty(prototype, name, { value, writable: true, configurable: true, enumerable: true });
  }
}

/** Writes what fits, and no part of a character. */
function write(target: Bytes, text: string, offset: number, most: number, encoding: string): number {
  const bytes = encode(text, encoding);
  let count = Math.min(bytes.length, most);
  if (encoding === "utf8" && count < bytes.length) while (count > 0 && (bytes[count] & 0xc0) === 0x80) count--;
  if (encoding === "utf16le") count &= ~1;
  Uint8Array.prototype.set.call(target, count < bytes.length ? bytes.subarray(0, count) : bytes, offset);
  return count;
}

const clamp = (given: unknown, most: number, otherwise: number) => {
  const number = given === undefined ? otherwise : Math.trunc(Number(given)) || 0;
  return Math.min(Math.max(number, 0), most);
};

function text(bytes: Bytes, encoding: string, start: unknown, end: unknown): string {
  const [first, last] = [clamp(start, bytes.length, 0), clamp(end, bytes.length, bytes.length)];
  if (last <= first) return "";
  return decode(first === 0 && last === bytes.length ? bytes : bytes.subarray(first, last), encoding);
}

define({
  write(given: unknown, offset?: unknown, length?: unknown, encoding?: unknown) {
    validateString(given, "string");
    if (typeof offset === "string") return write(this, given, 0, this.length, checkedEncoding(offset));
    const [first, kind] = [offset ?? 0, typeof length === "string" ? length : encoding];
    validateInteger(first, "offset", 0, this.length);
    const left = this.length - first;
    const most = typeof length === "string" || length === undefined ? left : length;
    validateInteger(most, "length", 0, this.length);
    return write(this, given, first, Math.min(most, left), checkedEncoding(kind));
  },
  toString(encoding?: unknown, start?: unknown, end?: unknown) {
    return text(this, encoding === undefined ? "utf8" : checkedEncoding(String(encoding)), start, end);
  },
  toLocaleString(encoding?: unknown, start?: unknown, end?: unknown) {
    return text(this, encoding === undefined ? "utf8" : checkedEncoding(String(encoding)), start, end);
  },
  equals(other: unknown) {
    if (!(other instanceof Uint8Array)) throw invalidArgType("otherBuffer", ["Buffer", "Uint8Array"], other);
    return this === other || (this.length === other.length && compare(this, other) === 0);
  },
});
for (const encoding of ["utf8", "latin1", "ascii", "hex", "base64", "base64url", "ucs2"]) {
  const name = encodingOf(encoding) as string;
  define({
    [`${encoding}Slice`](start?: unknown, end?: unknown) {
      return text(this, name, start, end);
    },
    [`${encoding}Write`](given: string, offset = 0, length?: number) {
      return write(this, given, offset, length ?? this.length - offset, name);
    },
  });
}
checkNumbers(prototype);
Object.defineProperty(prototype, "_isBuffer", { value: true, enumerable: false });

/** Whether bytes are well-formed UTF-8. */
function isUtf8(input: unknown): boolean {
  try {
    new TextDecoder("utf-8", { fatal: true }).decode(checkedBytes(input));
    return true;
  } catch (error) {
    if ((error as { code?: unknown }).code === "ERR_INVALID_ARG_TYPE") throw error;
    return false;
  }
}

const isAscii = (input: unknown) => checkedBytes(input).every((byte) => byte < 0x80);

function checkedBytes(input: unknown): Uint8Array {
  if (input instanceof ArrayBuffer) return new Uint8Array(input);
  if (ArrayBuffer.isView(input)) return new Uint8Array(input.buffer, input.byteOffset, input.byteLength);
  throw invalidArgType("input", ["ArrayBuffer", "Buffer", "TypedArray"], input);
}

const TRANSCODED = new Set(["utf8", "utf16le", "latin1", "ascii"]);

/** The same text in another encoding. A character that it does not have becomes "?". */
function transcode(source: unknown, fromEncoding: string, toEncoding: string) {
  if (!(source instanceof Uint8Array)) throw invalidArgType("source", ["Buffer", "Uint8Array"], source);
  const [before, after] = [fromEncoding, toEncoding].map((name) => encodingOf(String(name)) ?? "");
  if (!TRANSCODED.has(before) || !TRANSCODED.has(after)) {
    throw nodeError(Error, "U_ILLEGAL_ARGUMENT_ERROR", "Unable to transcode Buffer [U_ILLEGAL_ARGUMENT_ERROR]");
  }
  const most = after === "latin1" ? 0xff : after === "ascii" ? 0x7f : Number.POSITIVE_INFINITY;
  const decoded = decode(source, before);
  const fits = [...decoded].map((character) => ((character.codePointAt(0) as number) > most ? "?" : character));
  return own(encode(fits.join(""), after));
}

const buffer = {
  Blob,
  Buffer,
  File,
  INSPECT_MAX_BYTES,
  SlowBuffer,
  atob,
  btoa,
  constants: { MAX_LENGTH, MAX_STRING_LENGTH },
  isAscii,
  isUtf8,
  kMaxLength: MAX_LENGTH,
  kStringMaxLength: MAX_STRING_LENGTH,
  resolveObjectURL() {
    throw notImplemented("buffer.resolveObjectURL");
  },
  transcode,
};

export { Buffer };
export default buffer;
