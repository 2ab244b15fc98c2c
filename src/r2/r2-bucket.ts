// `R2Bucket`: what users call. One copy runs in the worker (`env.NAME`) and one in Node (`mf.getR2Bucket`), each over a
// backend of its own.

import { R2MultipartUpload } from "./r2-multipart.ts";
import { R2Object, R2ObjectBody } from "./r2-object.ts";
import { checkKey, checkUploadKey, fail, getOptions, listOptions, putOptions, uploadOptions } from "./r2-options.ts";
import { arrive, comingContentOf, heldContentOf } from "./r2-values.ts";

import type * as miniflare from "../../index.d.ts";
import type { Content } from "../wire.ts";
import type { R2Backend, R2Calls, R2Numbers } from "./r2-calls.ts";
import type { ObjectParts, Tag } from "./r2-object.ts";
import type { Given } from "./r2-options.ts";

/** What a `get` finds: an object without its body, or with it. */
type Found =
  | [parts: ObjectParts]
  | [parts: ObjectParts, offset: number | undefined, length: number, value: Uint8Array | number];
/** A page of a list, with keys and objects by turns. */
type Page = [cursor: string | undefined, delimitedPrefixes: string[], ...found: never[]];

/** One bucket. */
class R2Bucket implements miniflare.R2Bucket {
  #name: string;
  #backend: R2Backend;
  #tag: Tag;

  constructor(name: string, backend: R2Backend) {
    this.#name = name;
    this.#backend = backend;
    this.#tag = (...of) => backend.tag(name, ...of);
  }

  async head(...args: unknown[]) {
    const [key] = args;
    const backend = this.#backend;
    backend.begin();
    if (args.length === 0) throw noKey("head");
    const name = String(key);
    checkKey("HEAD", name, backend.numbers);
    const found = await arrive(backend.head(this.#name, name), backend);
    return found === null ? null : new R2Object(name, found as ObjectParts, this.#tag);
  }

  get(key: string, options?: miniflare.R2GetOptions & { onlyIf?: undefined }): Promise<R2ObjectBody | null>;
  get(key: string, options: miniflare.R2GetOptions): Promise<R2ObjectBody | R2Object | null>;
  async get(...args: unknown[]) {
    const [key, options] = args as [unknown, Given | null | undefined];
    const backend = this.#backend;
    backend.begin();
    if (args.length === 0) throw noKey("get");
    const name = String(key);
    checkKey("GET", name, backend.numbers);
    const found = (await arrive(backend.get(this.#name, name, getOptions(options ?? {})), backend)) as Found | null;
    if (found === null) return null;
    if (found.length === 1) return new R2Object(name, found[0], this.#tag);
    const [parts, offset, length, value] = found;
    const range = offset === undefined ? undefined : { offset, length };
    return new R2ObjectBody(name, parts, this.#tag, range, value, backend);
  }

  put(key: string, value: PutValue, options?: miniflare.R2PutOptions & { onlyIf?: undefined }): Promise<R2Object>;
  put(key: string, value: PutValue, options: miniflare.R2PutOptions): Promise<R2Object | null>;
  async put(...args: unknown[]) {
    const [key, value, options = {}] = args as [unknown, unknown, Given | undefined];
    const backend = this.#backend;
    backend.begin();
    if (args.length === 0) throw noKey("put");
    const name = String(key);
    checkKey("PUT", name, backend.numbers);
    const stored = putOptions(options, backend.numbers);
    const [, condition, expected] = stored;
    let content: Content | number | undefined = heldContentOf(value);
    if (condition !== undefined) {
      // What the caller does to its bytes meanwhile does not count.
      if (typeof content === "object") content = content.slice();
      if (!(await arrive(backend.admits(this.#name, name, condition), backend))) return null;
    }
    content ??= await comingContentOf(value, { bucket: this.#name, backend, expected, refuse: refuseValue });
    checkLength(content as Uint8Array, backend.numbers);
    const leaves = backend.depart();
    if (leaves !== undefined) {
      if (typeof content === "object") content = content.slice();
      await leaves;
    }
    const found = await arrive(backend.put(this.#name, name, content, stored), backend);
    return found === null ? null : new R2Object(name, found as ObjectParts, this.#tag);
  }

  async delete(...args: unknown[]) {
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

  async list(options: Given = {}) {
    const backend = this.#backend;
    backend.begin();
    const { query, included } = listOptions(options, backend.numbers, backend.honorsInclude());
    const [cursor, delimitedPrefixes, ...found] = (await arrive(backend.list(this.#name, query), backend)) as Page;
    const objects: R2Object[] = [];
    for (let index = 0; index < found.length; index += 2) {
      objects.push(new R2Object(found[index], found[index + 1], this.#tag, undefined, included));
    }
    return { objects, truncated: cursor !== undefined, cursor, delimitedPrefixes };
  }

  async createMultipartUpload(...args: unknown[]) {
    const [key, options = {}] = args as [unknown, Given | undefined];
    const backend = this.#backend;
    backend.begin();
    if (args.length === 0) throw noKey("createMultipartUpload");
    const name = String(key);
    checkUploadKey("createMultipartUpload", name, backend.numbers);
    const stored = uploadOptions(options, backend.numbers);
    const id = (await arrive(backend.createUpload(this.#name, name, stored), backend)) as string;
    return new R2MultipartUpload(this.#name, name, id, backend);
  }

  /** Asks nothing of the bucket: whether there is such an upload shows when it is used. */
  resumeMultipartUpload(...args: unknown[]) {
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

type PutValue = Parameters<miniflare.R2Bucket["put"]>[1];

const noKey = (method: string) =>
  new TypeError(`Failed to execute '${method}' on 'R2Bucket': parameter 1 is not of type 'string'.`);

function refuseValue(): never {
  throw new TypeError(
    "R2 put() accepts only nulls, strings, Blobs, ArrayBuffers, ArrayBufferViews, and ReadableStreams as values.",
  );
}

/** A value that is too long is refused before it is copied. */
function checkLength({ byteLength }: Uint8Array, { valueBytes }: R2Numbers) {
  if (byteLength > valueBytes) fail("PUT", `Value length of ${byteLength} exceeds limit of ${valueBytes}.`);
}

/** The limits by name, of the list that `calls.rs` has. */
function numbersOf([
  valueBytes,
  keyBytes,
  metadataBytes,
  listKeys,
  listIncludingKeys,
  deleteKeys,
  parts,
]: number[]): R2Numbers {
  return { valueBytes, keyBytes, metadataBytes, listKeys, listIncludingKeys, deleteKeys, parts };
}

export { R2Bucket, R2MultipartUpload, R2Object, R2ObjectBody, numbersOf };
export type { R2Backend, R2Calls, R2Numbers };
