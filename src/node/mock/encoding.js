"use strict";
// Content that a reply's `content-encoding` says is compressed arrives decompressed, as from a server.

const zlib = require("node:zlib");

const DECODERS = {
  gzip: (bytes) => zlib.gunzipSync(bytes, LENIENT),
  "x-gzip": (bytes) => zlib.gunzipSync(bytes, LENIENT),
  deflate: (bytes) => zlib.inflateSync(bytes, LENIENT),
  br: (bytes) => zlib.brotliDecompressSync(bytes),
};
/** Content that breaks off is what there is of it. */
const LENIENT = { finishFlush: zlib.constants.Z_SYNC_FLUSH };

/** The codings that flat headers name, the last applied first; none when one of them is unknown. */
function codingsOf(headers) {
  if (!headers.includes("content-encoding\n")) return [];
  const parts = headers.split("\n");
  const named = parts.filter((_, index) => index % 2 === 1 && parts[index - 1] === "content-encoding");
  const codings = named.join(",").toLowerCase().split(",");
  const known = codings.map((coding) => coding.trim()).reverse();
  return known.every((coding) => Object.hasOwn(DECODERS, coding)) ? known : [];
}

/** The content itself, decompressed, or a stream that fails when it cannot be. */
function decodeContent(content, headers) {
  const codings = codingsOf(headers);
  if (codings.length === 0 || content.length === 0) return content;
  try {
    return codings.reduce((bytes, coding) => DECODERS[coding](bytes), Buffer.from(content));
  } catch (error) {
    return failing(new TypeError("terminated", { cause: error }));
  }
}

function failing(error) {
  return new ReadableStream({ pull: (controller) => controller.error(error) }, { highWaterMark: 0 });
}

module.exports = { codingsOf, decodeContent };
