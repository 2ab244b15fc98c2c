// The contract of `digest-stream.js`: a stream that is a digest.

export interface DigestStream extends WritableStream<unknown> {
  /** Resolves with the digest when the stream is closed. */
  readonly digest: Promise<ArrayBuffer>;
}

/** @param parts `nameOf` throws for unknown algorithms; `digest` computes one, in a state of its own */
export function createDigestStream<State>(parts: {
  WritableStream: typeof WritableStream;
  nameOf(algorithm: unknown): string;
  bytesOfChunk(chunk: unknown): Uint8Array;
  digest: {
    start(name: string): State;
    update(state: State, bytes: Uint8Array): void;
    finish(state: State): Uint8Array<ArrayBuffer>;
  };
}): {
  readonly prototype: DigestStream;
  readonly name: string;
  new (algorithm: string | { name: string }): DigestStream;
};
