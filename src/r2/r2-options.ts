// The arguments and options of a bucket's calls: what is refused, in the words of Miniflare 2, and how the rest crosses to
// `calls.rs`.

import { bytesOf, tagOf } from "./r2-values.ts";

import type { WireValue } from "../wire.ts";
import type { R2Numbers } from "./r2-calls.ts";

/** Options as they are given, of which nothing is certain. */
export type Given = Record<string, unknown>;

/** Keys of its own data, in Miniflare 2. */
const INTERNAL = "__MINIFLARE_INTERNAL__";

/** The options of HTTP metadata, with the headers that they are read from. */
const HTTP_METADATA: Record<string, string> = {
  contentType: "content-type",
  contentLanguage: "content-language",
  contentDisposition: "content-disposition",
  contentEncoding: "content-encoding",
  cacheControl: "cache-control",
  cacheExpiry: "cache-expiry",
};

/** The options of digests: `[option, name, bytes]`. */
const DIGESTS: [option: string, name: string, bytes: number][] = [
  ["md5", "MD5", 16],
  ["sha1", "SHA-1", 20],
  ["sha256", "SHA-256", 32],
  ["sha384", "SHA-384", 48],
  ["sha512", "SHA-512", 64],
];
const HEX = /^[\da-f]*$/i;
const STORAGE_CLASSES: readonly unknown[] = ["Standard", "InfrequentAccess"];
const SSEC_KEY_BYTES = 32;

const isHeaders = (value: unknown): value is Headers => tagOf(value) === "[object Headers]";
const isDate = (value: unknown): value is Date => tagOf(value) === "[object Date]";
const isText = (value: unknown): value is string => typeof value === "string";

function fail(method: string, text: string, status = 400): never {
  throw new Error(`R2 ${method} failed: (${status}) ${text}`);
}

const lengthOf = (text: string) => new TextEncoder().encode(text).byteLength;

/** Throws for what no object can be called. */
function checkKey(method: string, key: string, { keyBytes }: R2Numbers) {
  if (!key.isWellFormed()) fail(method, "Key contains an illegal unicode value(s).");
  // Few keys are long enough to be measured.
  if (3 * key.length > keyBytes && lengthOf(key) > keyBytes) {
    fail(method, `UTF-8 encoded length of ${lengthOf(key)} exceeds key length limit of ${keyBytes}.`, 414);
  }
  if (key.startsWith(INTERNAL)) fail(method, `Key cannot start with "${INTERNAL}".`);
}

/** As `checkKey`, for a multipart upload. */
function checkUploadKey(method: string, key: string, { keyBytes }: R2Numbers) {
  if (key.isWellFormed() && lengthOf(key) <= keyBytes && !key.startsWith(INTERNAL)) return;
  throw new TypeError(`${method}: The specified object name is not valid. (10020)`);
}

/** `[etagMatches, etagDoesNotMatch, uploadedBefore, uploadedAfter, wholeSeconds]`, or undefined for no condition. */
function conditionOf(method: string, onlyIf: unknown): WireValue {
  if (onlyIf === undefined) return undefined;
  if (isHeaders(onlyIf)) return conditionOfHeaders(onlyIf);
  if (typeof onlyIf !== "object") fail(method, "onlyIf must be an object, a Headers instance, or undefined.");
  const { etagMatches, etagDoesNotMatch, uploadedBefore, uploadedAfter, secondsGranularity } = onlyIf as Given;
  for (const [name, tags] of Object.entries({ etagMatches, etagDoesNotMatch })) {
    const isValid = tags === undefined || isText(tags) || (Array.isArray(tags) && tags.every(isText));
    if (!isValid) fail(method, `${name} must be a string.`);
  }
  for (const [name, time] of Object.entries({ uploadedBefore, uploadedAfter })) {
    if (time !== undefined && !isDate(time)) fail(method, `${name} must be a Date.`);
  }
  const times = [uploadedBefore as Date | undefined, uploadedAfter as Date | undefined].map((time) => time?.getTime());
  return [etagMatches as WireValue, etagDoesNotMatch as WireValue, ...times, secondsGranularity === true];
}

function conditionOfHeaders(headers: Headers): WireValue {
  const time = (name: string) => {
    const text = headers.get(name);
    return text === null ? undefined : Date.parse(text);
  };
  const tags = ["if-match", "if-none-match"].map((name) => headers.get(name) ?? undefined);
  return [...tags, time("if-unmodified-since"), time("if-modified-since"), true];
}

/** `[offset, length, suffix]`, the text of a `Range` header, or undefined for the whole. */
function rangeOf(range: unknown): WireValue {
  if (range === undefined) return undefined;
  if (typeof range !== "object") fail("GET", "range must either be an object or undefined.");
  if (isHeaders(range)) return range.get("range") ?? undefined;
  const { offset, length, suffix } = range as Record<string, number | undefined>;
  for (const [name, number] of Object.entries({ offset, length, suffix })) {
    if (number === undefined) continue;
    if (typeof number !== "number") fail("GET", `${name} must either be a number or undefined.`);
    // What is infinite is as much as there is.
    if (!Number.isInteger(number) && Math.abs(number) !== Number.POSITIVE_INFINITY) {
      fail("GET", `${name} must be a whole number, got ${number}.`);
    }
  }
  if ((offset as number) < 0) fail("GET", "Invalid range. Starting offset must be greater than or equal to 0.");
  return [offset, length, suffix];
}

const getOptions = ({ onlyIf, range, ssecKey }: Given): WireValue => {
  const [condition, wanted] = [conditionOf("GET", onlyIf), rangeOf(range)];
  const key = ssecKeyOf(ssecKey, "GetOptions");
  return condition === undefined && wanted === undefined && key === undefined ? undefined : [condition, wanted, key];
};

/** `[metadata, condition, digest, ssecKey]`, or undefined when nothing is said. */
function putOptions(options: Given, numbers: R2Numbers): WireValue[] {
  const { onlyIf, httpMetadata, customMetadata, storageClass, ssecKey } = options;
  const condition = conditionOf("PUT", onlyIf);
  checkHttpMetadata(httpMetadata);
  checkCustomMetadata(customMetadata);
  if (storageClass !== undefined && !STORAGE_CLASSES.includes(storageClass)) {
    fail("PUT", `storageClass must be "Standard", "InfrequentAccess", or undefined.`);
  }
  const digest = digestOf(options);
  const metadata = metadataText(options, "put", numbers);
  return [metadata, condition, digest, ssecKeyOf(ssecKey, "PutOptions")];
}

function checkHttpMetadata(given: unknown) {
  if (given === undefined || isHeaders(given)) return;
  if (typeof given !== "object") fail("PUT", "httpMetadata must be an object or undefined.");
  for (const [key, value] of Object.entries(given as Given)) {
    if (value === undefined || (key === "cacheExpiry" ? isDate(value) : isText(value))) continue;
    fail("PUT", `${key}'s value must be a ${key === "cacheExpiry" ? "Date" : "string"} or undefined.`);
  }
}

function checkCustomMetadata(given: unknown) {
  if (given === undefined) return;
  if (typeof given !== "object") fail("PUT", "customMetadata must be an object or undefined.");
  if (!Object.values(given as Given).every(isText)) fail("PUT", "customMetadata values must be strings.");
}

/** What is stored of the metadata: JSON, or the empty text if there is none. */
function metadataText(
  { httpMetadata, customMetadata, storageClass }: Given,
  method: string,
  { metadataBytes }: R2Numbers,
) {
  if (httpMetadata === undefined && customMetadata === undefined && storageClass === undefined) return "";
  const custom = { ...(customMetadata as Record<string, string> | undefined) };
  const length = Object.entries(custom).reduce((sum, [name, value]) => sum + lengthOf(name) + lengthOf(value), 0);
  if (length > metadataBytes) {
    throw new Error(`${method}: Your metadata headers exceed the maximum allowed metadata size. (10012)`);
  }
  return JSON.stringify({ http: httpMetadataOf(httpMetadata), custom, storageClass });
}

function httpMetadataOf(given: unknown = {}) {
  const found: Given = {};
  if (isHeaders(given)) {
    for (const [key, header] of Object.entries(HTTP_METADATA)) {
      const value = given.get(header) ?? (key === "cacheExpiry" ? given.get("expires") : null);
      if (value !== null) found[key] = key === "cacheExpiry" ? timeOf(value) : value;
    }
    return found;
  }
  for (const [key, value] of Object.entries(given as Given)) {
    if (Object.hasOwn(HTTP_METADATA, key) && value !== undefined) found[key] = value;
  }
  return found;
}

/** The time that a header says; undefined if it says none. */
function timeOf(text: string) {
  const time = new Date(text);
  return Number.isNaN(time.getTime()) ? undefined : time;
}

/** `[option, hexadecimal digits]` of the digest that the value must have. */
function digestOf(options: Given): WireValue {
  const given = DIGESTS.filter(([option]) => options[option] !== undefined);
  const found = given.map(([option, name, bytes]) => [option, digitsOf(options[option], option, name, bytes)]);
  if (found.length > 1) throw new TypeError("You cannot specify multiple hashing algorithms.");
  return found[0];
}

function digitsOf(digest: unknown, option: string, name: string, length: number) {
  if (isText(digest)) {
    if (digest.length !== 2 * length) {
      throw new TypeError(`${name} is ${2 * length} hex characters, not ${digest.length}`);
    }
    if (!HEX.test(digest)) throw new TypeError(`Provided ${name} wasn't a valid hex string`);
    return digest.toLowerCase();
  }
  const bytes = bytesOf(digest);
  if (bytes === undefined) throw wrongField(option, "PutOptions");
  if (bytes.byteLength !== length) throw new TypeError(`${name} is ${length} bytes, not ${bytes.byteLength}`);
  return hexOf(bytes);
}

const hexOf = (bytes: Uint8Array) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");

function wrongField(field: string, dictionary: string) {
  const types = "ArrayBuffer or ArrayBufferView or string";
  return new TypeError(
    `Incorrect type for the '${field}' field on '${dictionary}': the provided value is not of type '${types}'.`,
  );
}

/** The key that an object is encrypted with in R2, in hexadecimal digits. */
function ssecKeyOf(key: unknown, dictionary: string) {
  if (key === undefined) return undefined;
  if (isText(key) && !/^[\da-f]+$/.test(key)) throw new Error("SSE-C Key has invalid format");
  const digits = isText(key) ? key : bytesOf(key) && hexOf(bytesOf(key) as Uint8Array);
  if (digits === undefined) throw wrongField("ssecKey", dictionary);
  if (digits.length !== 2 * SSEC_KEY_BYTES) throw new Error("SSE-C Key must be 32 bytes in length");
  return digits;
}

/** `[prefix, delimiter, cursor, startAfter, limit]`, and which metadata the objects have. */
function listOptions(options: Given, { listKeys, listIncludingKeys }: R2Numbers, honorsInclude: boolean) {
  const { limit, prefix, cursor, delimiter, startAfter, include = [] } = options;
  if (limit !== undefined) {
    if (typeof limit !== "number") fail("LIST", "limit must be a number or undefined.");
    if (!(limit >= 1 && limit <= listKeys)) fail("LIST", `MaxKeys params must be positive integer <= ${listKeys}.`);
  }
  for (const [name, text] of Object.entries({ prefix, cursor, delimiter, startAfter })) {
    if (text !== undefined && !isText(text)) fail("LIST", `${name} must be a string or undefined.`);
  }
  if (!Array.isArray(include)) fail("LIST", "include must be an array or undefined.");
  if (!include.every((value) => value === "httpMetadata" || value === "customMetadata")) {
    fail("LIST", "include values must be httpMetadata and/or customMetadata strings.");
  }
  const most = include.length > 0 ? Math.min(limit ?? listKeys, listIncludingKeys) : limit;
  return {
    query: [prefix, delimiter, cursor, startAfter, most] as WireValue[],
    included: {
      http: !honorsInclude || include.includes("httpMetadata"),
      custom: !honorsInclude || include.includes("customMetadata"),
    },
  };
}

const MULTIPART = "'MultipartOptions': the provided value is not of type";

/** `[metadata, ssecKey]`. */
function uploadOptions(options: Given, numbers: R2Numbers): WireValue[] {
  if (typeof options !== "object") {
    throw new TypeError(
      "Failed to execute 'createMultipartUpload' on 'R2Bucket': parameter 2 is not of type 'MultipartOptions'.",
    );
  }
  const { customMetadata, httpMetadata, storageClass, ssecKey } = options;
  if (customMetadata !== undefined && typeof customMetadata !== "object") {
    throw new TypeError(`Incorrect type for the 'customMetadata' field on ${MULTIPART} 'object'.`);
  }
  if (httpMetadata !== undefined && typeof httpMetadata !== "object") {
    throw new TypeError(`Incorrect type for the 'httpMetadata' field on ${MULTIPART} 'HttpMetadata or Headers'.`);
  }
  if (storageClass !== undefined && !STORAGE_CLASSES.includes(storageClass)) {
    const classes = STORAGE_CLASSES.map((name) => `"${name}"`).join(" or ");
    throw new TypeError(`Incorrect value for the 'storageClass' field on 'MultipartOptions': it is ${classes}.`);
  }
  const texts =
    customMetadata && Object.entries(customMetadata).map(([name, value]): [string, string] => [name, String(value)]);
  const custom = texts && Object.fromEntries(texts);
  const given = { httpMetadata, customMetadata: custom, storageClass };
  return [metadataText(given, "createMultipartUpload", numbers), ssecKeyOf(ssecKey, "MultipartOptions")];
}

export { checkKey, checkUploadKey, fail, getOptions, listOptions, putOptions, ssecKeyOf, uploadOptions };
