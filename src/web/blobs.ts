// Blobs whose bytes are in Node: blobs of this realm's own class, whose parts ask for them when they are read.

import { core, internals } from "ext:core/mod.js";
import { op_web_blob_bytes } from "ext:core/ops";

const { Blob, File, getPartRefs, markFileBackedBlob, setParts } = core.loadExtScript("ext:deno_web/09_file.js");

/** How many bytes are asked for at a time. */
const CHUNK = 1 << 20;
/** The largest blob, in bytes, that a body is made of at once instead of by a stream. */
const SMALL = 1 << 20;

/** Reads bytes of a blob that is elsewhere. */
type ReadBlob = (from: number, to: number) => Promise<Uint8Array<ArrayBuffer>>;

/** A part as upstream's are, `{ size, slice(start, end), stream() }`; `blob` is the one that crossed. */
class DistantPart {
  declare readonly blob: Blob;
  declare readonly read: ReadBlob;
  declare readonly start: number;
  declare readonly end: number;

  constructor(blob: Blob, read: ReadBlob, start: number, end: number) {
    this.blob = blob;
    this.read = read;
    this.start = start;
    this.end = end;
  }

  get size() {
    return this.end - this.start;
  }

  slice(start: number, end: number) {
    return new DistantPart(this.blob, this.read, this.start + start, this.start + end);
  }

  async *stream() {
    for (let from = this.start; from < this.end; from += CHUNK) {
      yield await this.read(from, Math.min(from + CHUNK, this.end));
    }
  }
}

/**
 * A blob of `size` bytes, which `read(from, to)` gives promises of; a file, when it has a `name`. `read` works for as long
 * as the blob lives, and its slices keep it alive.
 */
export function distantBlob(
  size: number,
  type: string,
  name: string | undefined,
  lastModified: number | undefined,
  read: ReadBlob,
) {
  const blob = name === undefined ? new Blob([], { type }) : new File([], name, { type, lastModified });
  setParts(blob, [new DistantPart(blob, read, 0, size)], size);
  // Upstream clones bytes that are here, and refuses others.
  markFileBackedBlob(blob);
  return blob;
}

/** What a blob is made of, in order: bytes, and `{ blob, start, end }` for what is a part of one from elsewhere. */
export function contentOf(blob: Blob): (DistantPart | Uint8Array<ArrayBuffer>)[] {
  return getPartRefs(blob).map((part) => (part instanceof DistantPart ? part : op_web_blob_bytes(part._id)));
}

/** What upstream's bodies are made of, in memory, of a blob that is small and all here; undefined of any other. */
internals.bodyOfBlob = (blob) => {
  const parts = getPartRefs(blob);
  if (parts.some((part) => part instanceof DistantPart)) return undefined;
  const size = parts.reduce((sum, part) => sum + part.size, 0);
  if (size > SMALL) return undefined;
  const bytes = new Uint8Array(size);
  let end = 0;
  for (const { _id, size } of parts) {
    bytes.set(op_web_blob_bytes(_id), end);
    end += size;
  }
  return { body: bytes, consumed: false };
};

/** A copy of a blob with bytes from elsewhere; undefined for any other value. Blobs do not change: it shares them. */
export function cloneDistant(value: unknown) {
  if (!(value instanceof Blob) || !getPartRefs(value).some((part) => part instanceof DistantPart)) return undefined;
  const { type } = value;
  if (!(value instanceof File)) return value.slice(0, value.size, type);
  return new File([value], value.name, { type, lastModified: value.lastModified });
}
