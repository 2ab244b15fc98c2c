// Streams of Node's on their way into a worker, and a worker's in Node: what crosses is in `src/web/sources.js`.

import { createSources } from "../sources.js";

/** The bytes of a chunk of a body. */
function chunkBytes(chunk) {
  if (ArrayBuffer.isView(chunk)) return new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.byteLength);
  if (Object.prototype.toString.call(chunk) === "[object ArrayBuffer]") return new Uint8Array(chunk);
  throw new TypeError(`A body stream's chunks are bytes (Uint8Array), got ${typeof chunk}`);
}

const sources = createSources({
  streamClass: () => ReadableStream,
  bytesOf: chunkBytes,
  allocate: (length) => new Uint8Array(Buffer.allocUnsafeSlow(length).buffer),
});

/** All text of a sender, of which a part may end within a character. */
async function textFromSender(send) {
  const decoder = new TextDecoder();
  const { parts } = await sources.partsFromSender(send);
  return parts.map((part) => decoder.decode(part, { stream: true })).join("") + decoder.decode();
}

/** A body as it crosses: null, text, bytes, or a function that the worker calls for chunks. */
function bodyToWire(body, membrane) {
  const inMemory = body === null || typeof body === "string" || body instanceof Uint8Array;
  return inMemory ? body : membrane.encode(typeof body === "function" ? body : sources.senderOfStream(body));
}

/** Null, text, bytes, or the function by which the body's stream is read. */
function bodyFromWire(wire, membrane) {
  return Array.isArray(wire) ? membrane.decode(wire) : wire;
}

export const { bytesFromSender, streamFromSender, streamFromSource } = sources;
export { bodyFromWire, bodyToWire, chunkBytes, textFromSender };
