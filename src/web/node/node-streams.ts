// Streams of Node's on their way into a worker, and a worker's in Node: what crosses is in `src/web/sources.ts`.

import { createSources } from "../sources.ts";
import type { Membrane } from "../../membrane/membrane.ts";
import type { WireValue } from "../../node/binding/exports.d.ts";
import type { BodyContent } from "../../node/http/http-body.ts";
import type { Sender } from "../sources.ts";

/** Of whatever realm. */
const isArrayBuffer = (value: unknown): value is ArrayBuffer =>
  Object.prototype.toString.call(value) === "[object ArrayBuffer]";

/** The bytes of a chunk of a body. */
function chunkBytes(chunk: unknown): Uint8Array {
  if (ArrayBuffer.isView(chunk)) return new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.byteLength);
  if (isArrayBuffer(chunk)) return new Uint8Array(chunk);
  throw new TypeError(`A body stream's chunks are bytes (Uint8Array), got ${typeof chunk}`);
}

const sources = createSources({
  streamClass: () => ReadableStream,
  bytesOf: chunkBytes,
  allocate: (length) => new Uint8Array(Buffer.allocUnsafeSlow(length).buffer),
});

/** All text of a sender, of which a part may end within a character. */
async function textFromSender(send: Sender): Promise<string> {
  const decoder = new TextDecoder();
  const { parts } = await sources.partsFromSender(send);
  return parts.map((part) => decoder.decode(part, { stream: true })).join("") + decoder.decode();
}

/** Whether a body is there as a whole, or there is none. */
const isInMemory = (body: unknown): body is string | Uint8Array | null =>
  body === null || typeof body === "string" || body instanceof Uint8Array;

/** A body as it crosses: null, text, bytes, or a function that the worker calls for chunks. */
function bodyToWire(body: BodyContent, membrane: Membrane): WireValue {
  return isInMemory(body) ? body : membrane.encode(typeof body === "function" ? body : sources.senderOfStream(body));
}

/** Null, text, bytes, or the function by which the body's stream is read. */
function bodyFromWire(wire: WireValue, membrane: Membrane): Exclude<BodyContent, ReadableStream> {
  return (Array.isArray(wire) ? membrane.decode(wire) : wire) as string | Uint8Array | Sender | null;
}

export const { bytesFromSender, streamFromSender, streamFromSource } = sources;
export { bodyFromWire, bodyToWire, chunkBytes, isInMemory, textFromSender };
