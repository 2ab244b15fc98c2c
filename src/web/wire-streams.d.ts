// The types of `wire-streams.js`, as Node's half uses it.

import type { Membrane } from "../membrane/membrane.js";

/** Whether a stream is one of bytes. */
export type ReadableParts = [isOfBytes: boolean];

/** How streams cross that are values of their own. */
export interface Streams {
  encodeReadable(stream: ReadableStream): ReadableParts;
  decodeReadable(parts: ReadableParts, membrane: Membrane, number: number): ReadableStream;
  /** Reads the next chunk, null after the last one, or cancels the stream. */
  askReadable(stream: ReadableStream, what: "read" | "cancel", arg: unknown): Promise<unknown>;
  encodeWritable(stream: WritableStream): [];
  decodeWritable(parts: [], membrane: Membrane, number: number): WritableStream;
  askWritable(stream: WritableStream, what: "write" | "close" | "abort", arg?: unknown): Promise<void>;
}

/** What a realm makes streams with. */
export interface StreamsRealm {
  classes(): { ReadableStream: typeof ReadableStream; WritableStream: typeof WritableStream };
  /** Throws for what is no chunk of bytes. */
  bytesOf(chunk: unknown): Uint8Array;
}

export function createStreams(realm: StreamsRealm): Streams;
