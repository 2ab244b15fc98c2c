// The contract of `streams.js`: the streams that Workers add to the standard's, over those of a realm.

/** The streams of a realm. */
export interface StreamClasses {
  ReadableStream: typeof ReadableStream;
  ReadableStreamBYOBReader: typeof ReadableStreamBYOBReader;
  TransformStream: typeof TransformStream;
  WritableStream: typeof WritableStream;
}

type BytesStream = TransformStream<ArrayBuffer | ArrayBufferView, Uint8Array>;

/** Adds methods to the realm's streams, and returns the classes that Workers add. */
export function extendStreams(
  upstream: StreamClasses,
  parts: {
    bytesOfChunk(chunk: unknown): Uint8Array;
    extend(target: object, members: object): void;
    lengthOf(stream: ReadableStream): number | undefined;
    setLength(stream: ReadableStream, length: number): void;
    /** The argument that makes a constructor of upstream's make nothing, where there is such a thing. */
    unmade: unknown;
  },
): {
  FixedLengthStream: {
    readonly prototype: BytesStream;
    new (expectedLength: number | bigint, writableStrategy?: QueuingStrategy): BytesStream;
  };
  IdentityTransformStream: {
    readonly prototype: BytesStream;
    new (writableStrategy?: QueuingStrategy): BytesStream;
  };
};
