// Content that a reply's `content-encoding` says is compressed arrives decompressed, as from a server.

import zlib from "node:zlib";
import { headersOfText } from "../../web/header-text.js";

/** Content that breaks off is what there is of it. */
const LENIENT = { flush: zlib.constants.Z_SYNC_FLUSH, finishFlush: zlib.constants.Z_SYNC_FLUSH };

const gzip = { all: (bytes) => zlib.gunzipSync(bytes, LENIENT), stream: () => zlib.createGunzip(LENIENT) };
const DECODERS = {
  gzip,
  "x-gzip": gzip,
  deflate: { all: zlib.inflateSync, stream: zlib.createInflate },
  br: { all: zlib.brotliDecompressSync, stream: zlib.createBrotliDecompress },
};

const isStream = (content) => typeof content?.getReader === "function";

/** Decoders for the codings that flat headers name, in the order they undo; none when one of them is unknown. */
function decodersFor(headers) {
  if (!headers.includes("content-encoding\n")) return [];
  const named = headersOfText(headers).filter(([name]) => name === "content-encoding");
  const codings = named
    .map(([, value]) => value)
    .join(",")
    .toLowerCase()
    .split(",")
    .reverse();
  const decoders = codings.map((coding) => DECODERS[coding.trim()]);
  return decoders.includes(undefined) ? [] : decoders;
}

/** Null, text, bytes or a stream without its compression. What cannot be decompressed is a stream that fails. */
function decodeContent(content, headers) {
  const decoders = decodersFor(headers);
  if (decoders.length === 0 || content === null || content.length === 0) return content;
  if (isStream(content)) return decodeStream(content, decoders);
  try {
    return decoders.reduce((bytes, { all }) => all(bytes), Buffer.from(content));
  } catch (error) {
    return failing(terminated(error));
  }
}

function decodeStream(content, decoders) {
  const { pipeline, Readable } = require("node:stream");
  const last = pipeline(Readable.fromWeb(content), ...decoders.map(({ stream }) => stream()), () => {});
  return Readable.toWeb(last);
}

/** What a body fails with on the way. */
const terminated = (cause) => new TypeError("terminated", { cause });

function failing(error) {
  return new ReadableStream({ pull: (controller) => controller.error(error) }, { highWaterMark: 0 });
}

export { decodeContent, isStream, terminated };
