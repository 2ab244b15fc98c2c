// What is sent of a file: its entity tag, which is a hash of its content, its type by its extension, and its bytes, which are
// read as they are asked for.

import { createHash } from "node:crypto";
import fs from "node:fs";
import mime from "mime";
import type { BodyContent } from "../../node/http/http-body.ts";

/** Files up to this size, in bytes, are read as one. */
const WHOLE = 131_072;
/** How much of a larger one is read at a time. */
const CHUNK = 65_536;

/** A file as it was when its hash was taken. */
export interface AssetFile {
  file: string;
  stats: fs.BigIntStats;
}

/** The hash of each file, with what told its content from others. */
export class Tags {
  #known = new Map<string, { state: string; tag: string }>();

  /** The strong entity tag of a file, with its quotes. */
  async of({ file, stats }: AssetFile): Promise<string> {
    const state = `${stats.mtimeNs}:${stats.size}:${stats.ino}`;
    const known = this.#known.get(file);
    if (known?.state === state) return known.tag;
    const hash = createHash("sha256");
    if (stats.size <= WHOLE) hash.update(fs.readFileSync(file));
    else for await (const chunk of fs.createReadStream(file)) hash.update(chunk);
    const tag = `"${hash.digest("hex").slice(0, 32)}"`;
    this.#known.set(file, { state, tag });
    return tag;
  }
}

/** The bytes of a file: all of a short one, or a stream, which opens the file when it is first read. */
export function bodyOf({ file, stats }: AssetFile): BodyContent {
  return stats.size <= WHOLE ? new Uint8Array(fs.readFileSync(file)) : streamOf(file);
}

function streamOf(file: string): ReadableStream {
  let opened: Promise<fs.promises.FileHandle> | undefined;
  const close = async () => (await opened)?.close();
  const source: UnderlyingByteSource = {
    type: "bytes",
    async pull(controller) {
      opened ??= fs.promises.open(file);
      const chunk = await nextChunk(await opened).catch((error) => close().then(() => Promise.reject(error)));
      if (chunk.byteLength > 0) return controller.enqueue(chunk);
      await close();
      controller.close();
      controller.byobRequest?.respond(0);
    },
    cancel: close,
  };
  return new ReadableStream(source, { highWaterMark: 0 });
}

async function nextChunk(handle: fs.promises.FileHandle): Promise<Uint8Array<ArrayBuffer>> {
  const { bytesRead, buffer } = await handle.read(new Uint8Array(CHUNK), 0, CHUNK);
  return buffer.subarray(0, bytesRead);
}

/** The content type of a file by its extension; null if the extension says nothing. */
export function typeOf(name: string): string | null {
  const type = mime.getType(name);
  return type?.startsWith("text/") ? `${type}; charset=utf-8` : type;
}
