// The contract of `chunks.js`: chunks of byte streams.

/**
 * Returns the bytes of a chunk, not copied.
 * @throws {TypeError} for what is neither a buffer nor a view of one
 */
export function bytesOfChunk(chunk: unknown): Uint8Array;

/** Whether a value is an `ArrayBuffer`, of whatever realm. */
export function isArrayBuffer(value: unknown): value is ArrayBuffer;
