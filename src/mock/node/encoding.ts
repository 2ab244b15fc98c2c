// Content that a reply's `content-encoding` says is compressed arrives decompressed, as from a server.

import type { Transform } from "node:stream";
import type { ReadableStream as NodeStream } from "node:stream/web";
import zlib from "node:zlib";
import { headersOfText } from "../../web/header-text.ts";
import type { ReplyContent } from "./reply.ts";

/** What undoes a coding, of bytes or of a stream. */
interface Decoder {
  all(bytes: Uint8Array): Buffer<ArrayBuffer>;
  stream(): Transform;
}

/** Content that breaks off is what there is of it. */
const LENIENT = { flush: zlib.constants.Z_SYNC_FLUSH, finishFlush: zlib.constants.Z_SYNC_FLUSH };

const gzip: Decoder = { all: (bytes) => zlib.gunzipSync(bytes, LENIENT), stream: () => zlib.createGunzip(LENIENT) };
const DECODERS: Record<string, Decoder | undefined> = {
  gzip,
  "x-gzip": gzip,
  deflate: { all: zlib.inflateSync, stream: zlib.createInflate },
  br: { all: zlib.brotliDecompressSync, stream: zlib.createBrotliDecompress },
};

function isStream(content: ReplyContent): content is ReadableStream {
  return typeof content === "object" && content !== null && "getReader" in content;
}

/** Decoders for the codings that flat headers name, in the order they undo; none when one of them is unknown. */
function decodersFor(headers: string): Decoder[] {
  if (!headers.includes("content-encoding\n")) return [];
  const named = headersOfText(headers).filter(([name]) => name === "content-encoding");
  const codings = named
    .map(([, value]) => value)
    .join(",")
    .toLowerCase()
    .split(",")
    .reverse();
  const decoders = codings.map((coding) => DECODERS[coding.trim()]);
  return isComplete(decoders) ? decoders : [];
}

const isComplete = (decoders: (Decoder | undefined)[]): decoders is Decoder[] => !decoders.includes(undefined);

/** Null, text, bytes or a stream without its compression. What cannot be decompressed is a stream that fails. */
function decodeContent(content: ReplyContent, headers: string): ReplyContent {
  const decoders = decodersFor(headers);
  if (decoders.length === 0 || content === null) return content;
  if (isStream(content)) return decodeStream(content, decoders);
  if (content.length === 0) return content;
  try {
    return decoders.reduce((bytes, { all }) => all(bytes), Buffer.from(content));
  } catch (error) {
    return failing(terminated(error));
  }
}

function decodeStream(content: ReadableStream, decoders: Decoder[]): ReadableStream {
  const { pipeline, Readable } = require("node:stream") as typeof import("node:stream");
  // Node's types have streams of their own.
  const source = Readable.fromWeb(content as NodeStream);
  const last = pipeline([source, ...decoders.map(({ stream }) => stream())], () => {}) as Transform;
  return Readable.toWeb(last) as ReadableStream;
}

/** What a body fails with on the way. */
const terminated = (cause: unknown): TypeError => new TypeError("terminated", { cause });

function failing(error: Error): ReadableStream {
  return new ReadableStream({ pull: (controller) => controller.error(error) }, { highWaterMark: 0 });
}

export { decodeContent, isStream, terminated };
