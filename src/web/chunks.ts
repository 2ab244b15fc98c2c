// Chunks of byte streams, in either realm.

const { get: byteLengthOf } = Object.getOwnPropertyDescriptor(ArrayBuffer.prototype, "byteLength") as {
  get(this: unknown): number;
};

/** Whether it is an `ArrayBuffer`, of whatever realm. */
function isArrayBuffer(value: unknown): value is ArrayBuffer {
  if (value instanceof ArrayBuffer) return true;
  try {
    byteLengthOf.call(value);
    return true;
  } catch {
    return false;
  }
}

/** The bytes of a chunk, not copied; a TypeError says what else it was. */
function bytesOfChunk(chunk: unknown): Uint8Array {
  if (chunk instanceof Uint8Array) return chunk;
  if (ArrayBuffer.isView(chunk)) return new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.byteLength);
  if (isArrayBuffer(chunk)) return new Uint8Array(chunk);
  const kind = typeof chunk === "string" ? "a string" : "an object of non-ArrayBuffer/ArrayBufferView type";
  const hint =
    typeof chunk === "string"
      ? " If you wish to write a string, you'll probably want to explicitly UTF-8-encode it with TextEncoder."
      : "";
  throw new TypeError(
    `This TransformStream is being used as a byte stream, but received ${kind} on its writable side.${hint}`,
  );
}

/** Copies chunks one after the other into `bytes`, which has their length, and returns it. */
function join(chunks: Uint8Array[], bytes: Uint8Array<ArrayBuffer>) {
  let start = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, start);
    start += chunk.byteLength;
  }
  return bytes;
}

/** The bytes of chunks that have this length together. A single chunk is not copied. */
const joined = (chunks: Uint8Array[], length: number) =>
  chunks.length === 1 ? chunks[0] : join(chunks, new Uint8Array(length));

export { bytesOfChunk, isArrayBuffer, join, joined };
