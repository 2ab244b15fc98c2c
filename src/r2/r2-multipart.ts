// `R2MultipartUpload`: an object that is uploaded in parts.

import { R2Object } from "./r2-object.ts";
import { checkUploadKey, ssecKeyOf } from "./r2-options.ts";
import { arrive, bytesOf, comingContentOf, heldContentOf, isBlob, isStream } from "./r2-values.ts";

import type * as miniflare from "../../index.d.ts";
import type { R2Backend, R2Numbers } from "./r2-calls.ts";
import type { ObjectParts } from "./r2-object.ts";

const wrongParameter = (method: string, number: number, type: string) =>
  new TypeError(`Failed to execute '${method}' on 'R2MultipartUpload': parameter ${number} is not of type '${type}'.`);

class R2MultipartUpload implements miniflare.R2MultipartUpload {
  declare readonly key: string;
  declare readonly uploadId: string;
  #bucket: string;
  #key: string;
  #id: string;
  #backend: R2Backend;

  /** @param bucket the bucket's name */
  constructor(bucket: string, key: string, id: string, backend: R2Backend) {
    this.#bucket = bucket;
    this.#key = key;
    this.#id = id;
    this.#backend = backend;
    for (const [name, value] of Object.entries({ key, uploadId: id })) {
      Object.defineProperty(this, name, {
        get: () => value,
        set() {
          throw new TypeError(`Cannot assign to read only property '${name}' of object '#<R2MultipartUpload>'`);
        },
        enumerable: true,
      });
    }
  }

  async uploadPart(...args: unknown[]) {
    const [partNumber, value, options] = args as [unknown, unknown, { ssecKey?: unknown } | null | undefined];
    const backend = this.#backend;
    backend.begin();
    if (args.length === 0) throw wrongParameter("uploadPart", 1, "integer");
    const number = numberOf(partNumber);
    checkPart(value, backend);
    checkNumber(number, backend.numbers);
    checkUploadKey("uploadPart", this.#key, backend.numbers);
    const ssecKey = ssecKeyOf(options?.ssecKey, "UploadPartOptions");
    const content = heldContentOf(value) ?? (await comingContentOf(value, { bucket: this.#bucket, backend }));
    const name = { key: this.#key, id: this.#id };
    const etag = (await arrive(backend.putPart(this.#bucket, name, content, [number, ssecKey]), backend)) as string;
    return { partNumber: number, etag };
  }

  async abort() {
    const backend = this.#backend;
    backend.begin();
    checkUploadKey("abortMultipartUpload", this.#key, backend.numbers);
    await arrive(backend.abort(this.#bucket, { key: this.#key, id: this.#id }), backend);
  }

  async complete(uploadedParts: unknown) {
    const backend = this.#backend;
    backend.begin();
    if (!Array.isArray(uploadedParts)) throw wrongParameter("complete", 1, "Array");
    const parts = uploadedParts.map(partOf);
    for (const [number] of parts) checkNumber(number, backend.numbers);
    checkUploadKey("completeMultipartUpload", this.#key, backend.numbers);
    const leaves = backend.depart();
    if (leaves !== undefined) await leaves;
    const name = { key: this.#key, id: this.#id };
    const found = await arrive(backend.complete(this.#bucket, name, parts.flat()), backend);
    return new R2Object(this.#key, found as ObjectParts, (...of) => backend.tag(this.#bucket, ...of));
  }
}

/** The number of a part; 0 for an invalid one, which is out of range. */
function numberOf(given: unknown) {
  const number = typeof given === "number" ? given : Number.parseInt(String(given), 10);
  return Number.isNaN(number) ? 0 : number;
}

function checkNumber(number: number, { parts }: R2Numbers) {
  if (Number.isInteger(number) && number >= 1 && number <= parts) return;
  throw new TypeError(`Part number must be between 1 and ${parts} (inclusive). Actual value was: ${number}`);
}

function checkPart(value: unknown, backend: R2Backend) {
  if (typeof value === "string" || bytesOf(value) !== undefined || isBlob(value)) return;
  if (!isStream(value)) {
    throw wrongParameter("uploadPart", 2, "ReadableStream or ArrayBuffer or ArrayBufferView or string or Blob");
  }
  if (!backend.hasKnownLength(value)) {
    throw new TypeError(
      "Provided readable stream must have a known length (request/response body or readable half of FixedLengthStream)",
    );
  }
}

/** `[number, etag]` of a part as `uploadPart` returned it. */
function partOf(part: Partial<miniflare.R2UploadedPart> | null, index: number): [number: number, etag: string] {
  if (typeof part !== "object" || part === null) {
    throw new TypeError(`Incorrect type for array element ${index}: the provided value is not of type 'UploadedPart'.`);
  }
  return [numberOf(part.partNumber), String(part.etag)];
}

export { R2MultipartUpload };
