// Chunks of byte streams.

/** The bytes of a chunk, not copied; a TypeError says what else it was. */
export function bytesOfChunk(chunk) {
  if (chunk instanceof Uint8Array) return chunk;
  if (chunk instanceof ArrayBuffer) return new Uint8Array(chunk);
  if (ArrayBuffer.isView(chunk)) return new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.byteLength);
  const kind = typeof chunk === "string" ? "a string" : "an object of non-ArrayBuffer/ArrayBufferView type";
  const hint =
    typeof chunk === "string"
      ? " If you wish to write a string, you'll probably want to explicitly UTF-8-encode it with TextEncoder."
      : "";
  throw new TypeError(
    `This TransformStream is being used as a byte stream, but received ${kind} on its writable side.${hint}`,
  );
}
