// Objects of a bucket, as the calls of `R2Bucket` return them: what is known of one, and with `get` its body.

import { sourceOf } from "./r2-values.ts";

import type * as miniflare from "../../index.d.ts";
import type { R2Backend, R2Source } from "./r2-calls.ts";

/** What is known of an object, as it arrives: what `Head::to_value` in `object.rs` makes. */
export type ObjectParts = [
  version: string,
  size: number,
  /** The value, while the tag is not computed. */
  etag: string | Uint8Array,
  uploaded: number,
  checksums: string[],
  metadata: string,
  ssecKeyMd5: string | undefined,
];
type Digits = Record<string, string>;
type Range = { offset: number; length: number } | undefined;
/** Computes the tag of an object of which this is the value. */
type Tag = (key: string, version: string, value: Uint8Array) => string;
/** Which metadata an object has. */
interface Included {
  http: boolean;
  custom: boolean;
}

/** A fresh buffer of what these hexadecimal digits say. */
function bufferOf(digits: string | undefined) {
  if (digits === undefined) return undefined;
  const bytes = new Uint8Array(digits.length / 2);
  for (let index = 0; index < bytes.length; index++) {
    bytes[index] = Number.parseInt(digits.slice(2 * index, 2 * index + 2), 16);
  }
  return bytes.buffer;
}

class Checksums implements miniflare.R2Checksums {
  #digits: Digits;

  /** @param digits hexadecimal digits by the names of the algorithms */
  constructor(digits: Digits) {
    this.#digits = digits;
  }

  get md5() {
    return bufferOf(this.#digits.md5);
  }

  get sha1() {
    return bufferOf(this.#digits.sha1);
  }

  get sha256() {
    return bufferOf(this.#digits.sha256);
  }

  get sha384() {
    return bufferOf(this.#digits.sha384);
  }

  get sha512() {
    return bufferOf(this.#digits.sha512);
  }

  toJSON() {
    return { ...this.#digits };
  }
}

/** Names and digits by turns, as an object. */
function digitsOf(flat: string[]) {
  const digits: Digits = {};
  for (let index = 0; index < flat.length; index += 2) digits[flat[index]] = flat[index + 1];
  return digits;
}

/** `{ http, custom, storageClass }` of the text that `metadataText` in `r2-options.ts` makes. */
function metadataOf(text: string): {
  http: miniflare.R2HTTPMetadata;
  custom: Record<string, string>;
  storageClass: string;
} {
  const { http = {}, custom = {}, storageClass = "Standard" } = text === "" ? {} : JSON.parse(text);
  if (http.cacheExpiry !== undefined) http.cacheExpiry = new Date(http.cacheExpiry);
  return { http, custom, storageClass };
}

/** Defines an own property whose value is computed when it is first read. */
function defineLate(object: object, name: string, compute: () => string) {
  const define = (value: unknown) =>
    Object.defineProperty(object, name, { value, writable: true, enumerable: true, configurable: true });
  Object.defineProperty(object, name, {
    get() {
      const value = compute();
      define(value);
      return value;
    },
    set: define,
    enumerable: true,
    configurable: true,
  });
}

/** Whatever a list was not asked for is left out. */
const WHOLE: Included = { http: true, custom: true };

class R2Object implements miniflare.R2Object {
  declare key: string;
  declare version: string;
  declare size: number;
  declare etag: string;
  declare httpEtag: string;
  declare uploaded: Date;
  declare httpMetadata: miniflare.R2HTTPMetadata;
  declare customMetadata: Record<string, string>;
  declare range: Range;
  #checksums: () => string[];
  #storageClass: string;
  #ssecKeyMd5: string | undefined;

  /**
   * @param tag computes a tag that is not known yet, when it is first read
   * @param range `{ offset, length }` of the bytes that a `get` delivers
   * @param included which of `http` and `custom` metadata it has
   */
  constructor(key: string, parts: ObjectParts, tag: Tag, range?: Range, included = WHOLE) {
    const [version, size, etag, uploaded, checksums, metadata, ssecKeyMd5] = parts;
    const { http, custom, storageClass } = metadataOf(metadata);
    this.key = key;
    this.version = version;
    this.size = size;
    if (typeof etag === "string") {
      this.etag = etag;
      this.httpEtag = `"${etag}"`;
      this.#checksums = () => checksums;
    } else {
      let value: Uint8Array | undefined = etag;
      let md5: string;
      const tagOfValue = () => {
        if (value !== undefined) md5 = tag(key, version, value);
        value = undefined;
        return md5;
      };
      defineLate(this, "etag", tagOfValue);
      defineLate(this, "httpEtag", () => `"${tagOfValue()}"`);
      this.#checksums = () => ["md5", tagOfValue()];
    }
    this.uploaded = new Date(uploaded);
    this.httpMetadata = included.http ? http : {};
    this.customMetadata = included.custom ? custom : {};
    this.range = range;
    this.#storageClass = storageClass;
    this.#ssecKeyMd5 = ssecKeyMd5;
  }

  get checksums() {
    return new Checksums(digitsOf(this.#checksums()));
  }

  get storageClass() {
    return this.#storageClass;
  }

  get ssecKeyMd5() {
    return this.#ssecKeyMd5;
  }

  /** Sets the headers of the HTTP metadata. The time of expiry has two names: that of Miniflare 2, and that of R2. */
  writeHttpMetadata(headers: Headers) {
    for (const [key, value] of Object.entries(this.httpMetadata)) {
      if (value === undefined) continue;
      headers.set(
        key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`),
        String(value),
      );
      if (key === "cacheExpiry") headers.set("expires", value.toUTCString());
    }
  }
}

class R2ObjectBody extends R2Object implements miniflare.R2ObjectBody {
  declare readonly body: ReadableStream<Uint8Array>;
  #backend: R2Backend;
  #source: R2Source;
  #stream: ReadableStream<Uint8Array> | undefined;
  #isUsed = false;

  /** @param value the bytes, or the number of a body in the backend */
  constructor(key: string, parts: ObjectParts, tag: Tag, range: Range, value: Uint8Array | number, backend: R2Backend) {
    super(key, parts, tag, range);
    this.#backend = backend;
    this.#source = sourceOf(value, backend);
    // Few read the stream itself, and it costs more than all the rest.
    Object.defineProperty(this, "body", { get: () => this.#open(), enumerable: true, configurable: true });
  }

  get bodyUsed() {
    return this.#isUsed || (this.#stream !== undefined && this.#backend.isDisturbed(this.#stream));
  }

  async arrayBuffer() {
    const bytes = await this.#all();
    return (bytes.byteLength === bytes.buffer.byteLength ? bytes.buffer : bytes.slice().buffer) as ArrayBuffer;
  }

  async bytes() {
    return this.#all();
  }

  async text() {
    return new TextDecoder().decode(await this.#all());
  }

  async json() {
    return JSON.parse(new TextDecoder().decode(await this.#all()));
  }

  async blob() {
    return this.#backend.blobOf(await this.#all());
  }

  async #all() {
    if (this.bodyUsed) throw new TypeError("Body already used.");
    const stream = this.#stream;
    // Code that has the stream may have locked it.
    const reader = stream?.getReader();
    this.#isUsed = true;
    if (reader === undefined) return this.#source.all();
    const bytes = await this.#source.all();
    await reader.cancel();
    return bytes;
  }

  #open() {
    if (this.#stream === undefined) {
      this.#stream = this.#backend.streamFromSource(this.#source);
      // It looks as if the body had been read through it.
      if (this.#isUsed) this.#stream.cancel();
    }
    return this.#stream;
  }
}

export { R2Object, R2ObjectBody };
export type { Tag };
