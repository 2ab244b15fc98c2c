// Objects of a bucket, as the calls of `R2Bucket` return them: what is known of one, and with `get` its body.

import { sourceOf } from "./r2-values.js";

/** A fresh buffer of what these hexadecimal digits say. */
function bufferOf(digits) {
  if (digits === undefined) return undefined;
  const bytes = new Uint8Array(digits.length / 2);
  for (let index = 0; index < bytes.length; index++) {
    bytes[index] = Number.parseInt(digits.slice(2 * index, 2 * index + 2), 16);
  }
  return bytes.buffer;
}

class Checksums {
  #digits;

  /** @param digits hexadecimal digits by the names of the algorithms */
  constructor(digits) {
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
function digitsOf(flat) {
  const digits = {};
  for (let index = 0; index < flat.length; index += 2) digits[flat[index]] = flat[index + 1];
  return digits;
}

/** `{ http, custom, storageClass }` of the text that `metadataText` in `r2-options.js` makes. */
function metadataOf(text) {
  const { http = {}, custom = {}, storageClass = "Standard" } = text === "" ? {} : JSON.parse(text);
  if (http.cacheExpiry !== undefined) http.cacheExpiry = new Date(http.cacheExpiry);
  return { http, custom, storageClass };
}

/** Whatever a list was not asked for is left out. */
const WHOLE = { http: true, custom: true };

class R2Object {
  #checksums;
  #storageClass;
  #ssecKeyMd5;

  /**
   * @param parts what `Head::to_value` in `object.rs` makes
   * @param range `{ offset, length }` of the bytes that a `get` delivers
   * @param included which of `http` and `custom` metadata it has
   */
  constructor(key, parts, range, included = WHOLE) {
    const [version, size, etag, uploaded, checksums, metadata, ssecKeyMd5] = parts;
    const { http, custom, storageClass } = metadataOf(metadata);
    this.key = key;
    this.version = version;
    this.size = size;
    this.etag = etag;
    this.httpEtag = `"${etag}"`;
    this.uploaded = new Date(uploaded);
    this.httpMetadata = included.http ? http : {};
    this.customMetadata = included.custom ? custom : {};
    this.range = range;
    this.#checksums = checksums;
    this.#storageClass = storageClass;
    this.#ssecKeyMd5 = ssecKeyMd5;
  }

  get checksums() {
    return new Checksums(digitsOf(this.#checksums));
  }

  get storageClass() {
    return this.#storageClass;
  }

  get ssecKeyMd5() {
    return this.#ssecKeyMd5;
  }

  /** Sets the headers of the HTTP metadata. The time of expiry has two names: that of Miniflare 2, and that of R2. */
  writeHttpMetadata(headers) {
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

class R2ObjectBody extends R2Object {
  #backend;
  #source;
  #stream;
  #isUsed = false;

  /** @param value the bytes, or the number of a body in the backend */
  constructor(key, parts, range, value, backend) {
    super(key, parts, range);
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
    return bytes.byteLength === bytes.buffer.byteLength ? bytes.buffer : bytes.slice().buffer;
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
    // Whoever has the stream may have locked it.
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
