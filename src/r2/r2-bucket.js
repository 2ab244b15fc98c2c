// `R2Bucket`: what users call. One copy runs in the worker (`env.NAME`) and one in Node (`mf.getR2Bucket`), each over a
// backend of its own.

import { R2MultipartUpload } from "./r2-multipart.js";
import { R2Object, R2ObjectBody } from "./r2-object.js";
import { checkKey, checkUploadKey, fail, getOptions, listOptions, putOptions, uploadOptions } from "./r2-options.js";
import { arrive, comingContentOf, heldContentOf } from "./r2-values.js";

/**
 * One bucket.
 *
 * The backend has `begin()`, called before each use; `depart()` and `advance()`, called before something is written and
 * after each use, which return a promise when there is something to wait for; the functions of `calls.rs`, which answer
 * with a value or with a number that `later(number)` makes a promise of; `close(number)`, which lets go of a body or a
 * receiver; `streamFromSource(source)`, `isDisturbed(stream)`, `hasKnownLength(stream)` and `blobOf(bytes)`;
 * `honorsInclude()`, whether lists leave out the metadata that they are not asked for; and `numbers`, the limits.
 */
class R2Bucket {
  #name;
  #backend;

  constructor(name, backend) {
    this.#name = name;
    this.#backend = backend;
  }

  async head(...args) {
    const [key] = args;
    const backend = this.#backend;
    backend.begin();
    if (args.length === 0) throw noKey("head");
    const name = String(key);
    checkKey("HEAD", name, backend.numbers);
    const found = await arrive(backend.head(this.#name, name), backend);
    return found === null ? null : new R2Object(name, found);
  }

  async get(...args) {
    const [key, options] = args;
    const backend = this.#backend;
    backend.begin();
    if (args.length === 0) throw noKey("get");
    const name = String(key);
    checkKey("GET", name, backend.numbers);
    const found = await arrive(backend.get(this.#name, name, getOptions(options ?? {})), backend);
    if (found === null) return null;
    if (found.length === 1) return new R2Object(name, found[0]);
    const [parts, offset, length, value] = found;
    const range = offset === undefined ? undefined : { offset, length };
    return new R2ObjectBody(name, parts, range, value, backend);
  }

  async put(...args) {
    const [key, value, options = {}] = args;
    const backend = this.#backend;
    backend.begin();
    if (args.length === 0) throw noKey("put");
    const name = String(key);
    checkKey("PUT", name, backend.numbers);
    const stored = putOptions(options, backend.numbers);
    const [, condition, expected] = stored;
    let content = heldContentOf(value);
    if (condition !== undefined) {
      // What the caller does to its bytes meanwhile does not count.
      if (typeof content === "object") content = content.slice();
      if (!(await arrive(backend.admits(this.#name, name, condition), backend))) return null;
    }
    content ??= await comingContentOf(value, { bucket: this.#name, backend, expected, refuse: refuseValue });
    checkLength(content, backend.numbers);
    const leaves = backend.depart();
    if (leaves !== undefined) {
      if (typeof content === "object") content = content.slice();
      await leaves;
    }
    const found = await arrive(backend.put(this.#name, name, content, stored), backend);
    return found === null ? null : new R2Object(name, found);
  }

  async delete(...args) {
    const [keys] = args;
    const backend = this.#backend;
    backend.begin();
    if (args.length === 0) throw noKey("delete");
    const names = (Array.isArray(keys) ? keys : [keys]).map(String);
    for (const name of names) checkKey("DELETE", name, backend.numbers);
    const { deleteKeys } = backend.numbers;
    if (names.length > deleteKeys)
      fail("DELETE", `At most ${deleteKeys} keys can be deleted at once, got ${names.length}.`);
    const leaves = backend.depart();
    if (leaves !== undefined) await leaves;
    await arrive(backend.delete(this.#name, names), backend);
  }

  async list(options = {}) {
    const backend = this.#backend;
    backend.begin();
    const { query, included } = listOptions(options, backend.numbers, backend.honorsInclude());
    const [cursor, delimitedPrefixes, ...found] = await arrive(backend.list(this.#name, query), backend);
    const objects = [];
    for (let index = 0; index < found.length; index += 2) {
      objects.push(new R2Object(found[index], found[index + 1], undefined, included));
    }
    return { objects, truncated: cursor !== undefined, cursor, delimitedPrefixes };
  }

  async createMultipartUpload(...args) {
    const [key, options = {}] = args;
    const backend = this.#backend;
    backend.begin();
    if (args.length === 0) throw noKey("createMultipartUpload");
    const name = String(key);
    checkUploadKey("createMultipartUpload", name, backend.numbers);
    const stored = uploadOptions(options, backend.numbers);
    const id = await arrive(backend.createUpload(this.#name, name, stored), backend);
    return new R2MultipartUpload(this.#name, name, id, backend);
  }

  /** Asks nothing of the bucket: whether there is such an upload shows when it is used. */
  resumeMultipartUpload(...args) {
    const [key, uploadId] = args;
    if (args.length === 0) throw noKey("resumeMultipartUpload");
    if (args.length === 1) {
      throw new TypeError(
        "Failed to execute 'resumeMultipartUpload' on 'R2Bucket': parameter 2 is not of type 'string'.",
      );
    }
    return new R2MultipartUpload(this.#name, String(key), String(uploadId), this.#backend);
  }
}

const noKey = (method) =>
  new TypeError(`Failed to execute '${method}' on 'R2Bucket': parameter 1 is not of type 'string'.`);

function refuseValue() {
  throw new TypeError(
    "R2 put() accepts only nulls, strings, Blobs, ArrayBuffers, ArrayBufferViews, and ReadableStreams as values.",
  );
}

/** A value that is too long is refused before it is copied. */
function checkLength({ byteLength }, { valueBytes }) {
  if (byteLength > valueBytes) fail("PUT", `Value length of ${byteLength} exceeds limit of ${valueBytes}.`);
}

/** The limits by name, of the list that `calls.rs` has. */
function numbersOf([valueBytes, keyBytes, metadataBytes, listKeys, listIncludingKeys, deleteKeys, parts]) {
  return { valueBytes, keyBytes, metadataBytes, listKeys, listIncludingKeys, deleteKeys, parts };
}

export { R2Bucket, R2MultipartUpload, R2Object, R2ObjectBody, numbersOf };
