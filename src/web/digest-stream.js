// A stream that is a digest: what is written to it goes into the hash, and nothing comes out but that. In either realm.

/**
 * @param nameOf the name of a digest algorithm, in lower case; throws if there is no such one
 * @param bytesOfChunk a chunk's bytes; throws for an invalid chunk
 * @param digest `{ start(name), update(state, bytes), finish(state) }`
 */
function createDigestStream({ WritableStream, nameOf, bytesOfChunk, digest }) {
  return class DigestStream extends WritableStream {
    #digest;
    #resolve;
    #reject;

    constructor(algorithm) {
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

    #update(state, chunk) {
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
