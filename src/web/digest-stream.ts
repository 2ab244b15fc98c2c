// A stream that is a digest: what is written to it goes into the hash, and nothing comes out but that. In either realm.

/** A stream of bytes that resolves `digest` when it is closed. */
interface DigestStream extends WritableStream<unknown> {
  readonly digest: Promise<ArrayBuffer>;
}

/** What a realm digests with. */
interface DigestRealm<State> {
  WritableStream: typeof WritableStream;
  nameOf(algorithm: unknown): string;
  bytesOfChunk(chunk: unknown): Uint8Array;
  digest: {
    start(name: string): State;
    update(state: State, bytes: Uint8Array): void;
    finish(state: State): Uint8Array<ArrayBuffer>;
  };
}

/**
 * @param nameOf the name of a digest algorithm, in lower case; throws if there is no such one
 * @param bytesOfChunk a chunk's bytes; throws for an invalid chunk
 * @param digest `{ start(name), update(state, bytes), finish(state) }`
 */
function createDigestStream<State>({ WritableStream, nameOf, bytesOfChunk, digest }: DigestRealm<State>): {
  readonly prototype: DigestStream;
  readonly name: string;
  new (algorithm: string | { name: string }): DigestStream;
} {
  return class DigestStream extends WritableStream {
    #digest: Promise<ArrayBuffer>;
    #resolve!: (digest: ArrayBuffer) => void;
    #reject!: (reason: unknown) => void;

    constructor(algorithm: string | { name: string }) {
      const state = digest.start(nameOf(algorithm));
      super({
        write: (chunk) => this.#update(state, chunk),
        close: () => this.#resolve(digest.finish(state).buffer),
        abort: (reason) => this.#reject(reason),
      });
      // Node 20 has no `Promise.withResolvers`.
      this.#digest = new Promise((resolve, reject) => {
        this.#resolve = resolve;
        this.#reject = reject;
      });
      // Not everyone who aborts a stream asks for its digest.
      this.#digest.catch(() => {});
    }

    /** The digest of what was written, when the stream is closed. */
    get digest() {
      return this.#digest;
    }

    #update(state: State, chunk: unknown) {
      try {
        digest.update(state, bytesOfChunk(chunk));
      } catch (error) {
        this.#reject(error);
        throw error;
      }
    }
  };
}

export { createDigestStream };
export type { DigestStream };
