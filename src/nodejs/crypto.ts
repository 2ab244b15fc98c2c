// `node:crypto`: computed by Node, but for random values, which are the realm's.

import { Buffer } from "node:buffer";
import * as constants from "unenv/node/internal/crypto/constants";
import { callLater, checkedCallback } from "./callbacks.ts";
import { X509Certificate } from "./crypto-certificate.ts";
import { DiffieHellman, DiffieHellmanGroup, ECDH } from "./crypto-exchange.ts";
import * as keys from "./crypto-keys.ts";
import { Cipheriv, Decipheriv, Hash, Hmac, Sign, Verify } from "./crypto-streams.ts";
import {
  invalidArgType,
  nodeError,
  outOfRange,
  validateBoolean,
  validateNumber,
  validateObject,
  validateString,
} from "./errors.ts";
import { call } from "./host.ts";
import { buffers } from "./packed.ts";
import type { Callback } from "./callbacks.ts";

buffers.make = (bytes) => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength) as Uint8Array;

const MOST_AT_ONCE = 65536;
const MOST_BYTES = 2 ** 31 - 1;
const INT_RANGE = 2 ** 48 - 1;

/** Functions of Node's that return what they compute. */
const passed = (name: string) => ({ [name]: (...args: unknown[]) => call("crypto", name, ...args) })[name];
/** The same with a callback for the result as the last argument. */
const withCallback = (name: string, sync: string) =>
  ({
    [name](...args: unknown[]) {
      const callback = args.pop();
      checkedCallback(callback);
      callLater(() => [call("crypto", sync, ...args)], callback);
    },
  })[name];
/** The same with a callback that may be left out. */
const maybeCallback = (name: string) =>
  ({
    [name](...args: unknown[]) {
      const callback = args.at(-1);
      if (typeof callback !== "function") return call("crypto", name, ...args);
      callLater(() => [call("crypto", name, ...args.slice(0, -1))], callback as Callback);
      return undefined;
    },
  })[name];

function fill(bytes: Uint8Array) {
  for (let start = 0; start < bytes.length; start += MOST_AT_ONCE) {
    globalThis.crypto.getRandomValues(bytes.subarray(start, start + MOST_AT_ONCE) as Uint8Array<ArrayBuffer>);
  }
}

function randomBytes(size: unknown, callback?: unknown) {
  validateNumber(size, "size", 0, MOST_BYTES);
  if (callback !== undefined) checkedCallback(callback);
  const bytes = Buffer.alloc(Math.trunc(size));
  fill(new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length));
  if (callback === undefined) return bytes;
  queueMicrotask(() => (callback as Callback)(null, bytes));
  return undefined;
}

type Fillable = ArrayBuffer | ArrayBufferView;

function randomFillSync(target: unknown, offset: unknown = 0, size?: unknown): Fillable {
  const isView = ArrayBuffer.isView(target);
  if (!isView && !(target instanceof ArrayBuffer))
    throw invalidArgType("buf", ["ArrayBuffer", "ArrayBufferView"], target);
  const unit = isView && "BYTES_PER_ELEMENT" in target ? (target as Uint8Array).BYTES_PER_ELEMENT : 1;
  const bytes = isView ? new Uint8Array(target.buffer, target.byteOffset, target.byteLength) : new Uint8Array(target);
  validateNumber(offset, "offset", 0, bytes.length / unit);
  const count = size === undefined ? bytes.length / unit - offset : size;
  validateNumber(count, "size", 0, MOST_BYTES);
  if (offset + count > bytes.length / unit)
    throw outOfRange("size + offset", `<= ${bytes.length / unit}`, offset + count);
  fill(bytes.subarray(offset * unit, (offset + count) * unit));
  return target as Fillable;
}

function randomFill(target: unknown, ...rest: unknown[]) {
  const callback = rest.pop();
  checkedCallback(callback);
  const filled = randomFillSync(target, ...rest);
  queueMicrotask(() => callback(null, filled));
}

function randomInt(...args: unknown[]) {
  const callback = typeof args.at(-1) === "function" ? (args.pop() as Callback) : undefined;
  const [least, most] = args.length < 2 ? [0, args[0]] : args;
  if (!Number.isSafeInteger(least)) throw invalidArgType("min", "a safe integer", least);
  if (!Number.isSafeInteger(most)) throw invalidArgType("max", "a safe integer", most);
  const [min, max] = [least as number, most as number];
  if (max <= min) throw outOfRange("max", `greater than the value of "min" (${min})`, max);
  const range = max - min;
  if (range > INT_RANGE) throw outOfRange(args.length < 2 ? "max" : "max - min", `<= ${INT_RANGE}`, range);
  // Numbers above the last whole multiple of the range would favour the small ones.
  const limit = INT_RANGE + 1 - ((INT_RANGE + 1) % range);
  let drawn: number;
  do {
    const bytes = randomBytes(6) as Buffer;
    drawn = bytes.reduce((value, byte) => value * 256 + byte, 0);
  } while (drawn >= limit);
  const result = min + (drawn % range);
  if (callback === undefined) return result;
  queueMicrotask(() => callback(undefined, result));
  return undefined;
}

function randomUUID(options?: { disableEntropyCache?: boolean }) {
  if (options !== undefined) {
    validateObject(options, "options");
    if (options.disableEntropyCache !== undefined) {
      validateBoolean(options.disableEntropyCache, "options.disableEntropyCache");
    }
  }
  return globalThis.crypto.randomUUID();
}

function timingSafeEqual(a: unknown, b: unknown) {
  const bytesOf = (value: unknown, name: string) => {
    if (ArrayBuffer.isView(value)) return new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
    if (value instanceof ArrayBuffer) return new Uint8Array(value);
    throw invalidArgType(name, ["ArrayBuffer", "Buffer", "TypedArray", "DataView"], value);
  };
  const [left, right] = [bytesOf(a, "buf1"), bytesOf(b, "buf2")];
  if (left.length !== right.length) {
    const message = "Input buffers must have the same byte length";
    throw nodeError(RangeError, "ERR_CRYPTO_TIMING_SAFE_EQUAL_LENGTH", message);
  }
  let difference = 0;
  for (let index = 0; index < left.length; index++) difference |= left[index] ^ right[index];
  return difference === 0;
}

/** A hash in one call. */
function hash(algorithm: string, data: string | ArrayBufferView, outputEncoding: unknown = "hex") {
  if (typeof data !== "string" && !ArrayBuffer.isView(data)) {
    throw invalidArgType("input", ["string", "Buffer", "TypedArray", "DataView"], data);
  }
  validateString(outputEncoding, "outputEncoding");
  return new Hash(algorithm).update(data).digest(outputEncoding);
}

/** A key that the caller's encryption uses. */
const PASSED = [
  ...["checkPrimeSync", "generatePrimeSync", "getCipherInfo", "getCiphers", "getCurves", "getHashes"],
  ...["hkdfSync", "pbkdf2Sync", "privateDecrypt", "privateEncrypt", "publicDecrypt", "publicEncrypt", "scryptSync"],
];
const LATER: Record<string, string> = {
  checkPrime: "checkPrimeSync",
  generatePrime: "generatePrimeSync",
  hkdf: "hkdfSync",
  pbkdf2: "pbkdf2Sync",
  scrypt: "scryptSync",
};

/** Callable without `new`, as Node's are. */
function callable<Class extends new (...args: never[]) => object>(Given: Class): Class {
  const Called = new Proxy(Given, { apply: (target, _self, args) => Reflect.construct(target, args) });
  Object.defineProperty(Given.prototype, "constructor", { value: Called, writable: true, configurable: true });
  return Called;
}

function unavailable(name: string) {
  return () => {
    throw nodeError(Error, "ERR_METHOD_NOT_IMPLEMENTED", `The crypto.${name} method is not implemented`);
  };
}

const crypto: Record<string, unknown> = {
  ...Object.fromEntries(PASSED.map((name) => [name, passed(name)])),
  ...Object.fromEntries(Object.entries(LATER).map(([name, sync]) => [name, withCallback(name, sync)])),
  ...keys,
  Certificate: unavailable("Certificate"),
  Cipher: unavailable("Cipher"),
  Cipheriv: callable(Cipheriv),
  CryptoKey,
  Decipher: unavailable("Decipher"),
  Decipheriv: callable(Decipheriv),
  DiffieHellman: callable(DiffieHellman),
  DiffieHellmanGroup: callable(DiffieHellmanGroup),
  ECDH: callable(ECDH),
  Hash: callable(Hash),
  Hmac: callable(Hmac),
  Sign: callable(Sign),
  Verify: callable(Verify),
  constants: { ...constants },
  createCipher: unavailable("createCipher"),
  createCipheriv: (...args: unknown[]) => new Cipheriv(...args),
  createDecipher: unavailable("createDecipher"),
  createDecipheriv: (...args: unknown[]) => new Decipheriv(...args),
  createDiffieHellman: (...args: unknown[]) => new DiffieHellman(...args),
  createDiffieHellmanGroup: (name: unknown) => new DiffieHellmanGroup(name),
  createECDH: (curve: unknown) => new ECDH(curve),
  createHash: (algorithm: string, options?: object) => new Hash(algorithm, options),
  createHmac: (algorithm: string, key: unknown, options?: object) => new Hmac(algorithm, key, options),
  createSign: (algorithm: string, options?: object) => new Sign(algorithm, options),
  createVerify: (algorithm: string, options?: object) => new Verify(algorithm, options),
  diffieHellman: maybeCallback("diffieHellman"),
  getDiffieHellman: (name: unknown) => new DiffieHellmanGroup(name),
  fips: 0,
  getFips: () => 0,
  getRandomValues: (target: Uint8Array<ArrayBuffer>) => globalThis.crypto.getRandomValues(target),
  hash,
  randomBytes,
  randomFill,
  randomFillSync,
  randomInt,
  randomUUID,
  secureHeapUsed: () => ({ total: 0, used: 0, utilization: 0, min: 0 }),
  setEngine: unavailable("setEngine"),
  setFips: unavailable("setFips"),
  sign: maybeCallback("sign"),
  subtle: globalThis.crypto.subtle,
  timingSafeEqual,
  verify: maybeCallback("verify"),
  webcrypto: globalThis.crypto,
  X509Certificate,
};
Object.assign(crypto, { pseudoRandomBytes: randomBytes });
for (const name of ["prng", "rng"]) {
  Object.defineProperty(crypto, name, { value: randomBytes, writable: true, configurable: true });
}
export default crypto;
