// Streams that Workers add to the standard's: an identity of bytes, one of known length; and reading of at least so
// much at a time. In either realm, over the streams that it has.

/**
 * Extends the streams of a realm, and returns the classes that Workers add.
 * @param upstream the realm's `{ ReadableStream, ReadableStreamBYOBReader, TransformStream, WritableStream }`
 * @param bytesOfChunk a chunk's bytes; throws for an invalid chunk
 * @param extend adds members to an interface
 * @param lengthOf how many bytes a stream will have, where that is known; `setLength(stream, bytes)` tells
 * @param unmade what makes a constructor of upstream's make nothing, where there is such a thing
 */
function extendStreams(upstream, { bytesOfChunk, extend, lengthOf, setLength, unmade }) {
  const { ReadableStream, ReadableStreamBYOBReader, TransformStream, WritableStream } = upstream;

  /** The two ends of a pipe of bytes. A write waits until it is read, and is over then: the pipe keeps no bytes. */
  class Pipe {
    /** How many bytes must pass, if that is known. */
    expected = undefined;
    #passed = 0;
    #demand = demand();
    #source;
    #sink;

    constructor(writableStrategy) {
      this.readable = new ReadableStream(
        {
          type: "bytes",
          start: (controller) => void (this.#source = controller),
          pull: () => this.#demand.resolve(),
          cancel: (reason) => {
            this.#sink.error(reason);
            this.#demand.reject(reason);
          },
        },
        { highWaterMark: 0 },
      );
      this.writable = new WritableStream(
        {
          start: (controller) => void (this.#sink = controller),
          write: (chunk) => this.#write(chunk).catch((error) => this.#fail(error)),
          close: () => this.#close(),
          abort: (reason) => this.#source.error(reason),
        },
        writableStrategy,
      );
      // A write without a reader must not delay an abort.
      const { signal } = this.#sink;
      signal.addEventListener("abort", () => this.#demand.reject(signal.reason));
    }

    async #write(chunk) {
      const bytes = bytesOfChunk(chunk);
      this.#passed += bytes.byteLength;
      if (this.#passed > this.expected) {
        throw new TypeError("Attempt to write too many bytes through a FixedLengthStream.");
      }
      if (bytes.byteLength === 0) return;
      await this.#demand.promise;
      this.#demand = demand();
      // The reader gets the buffer for good; the writer keeps its own.
      this.#source.enqueue(bytes.slice());
    }

    #close() {
      if (this.#passed < this.expected) {
        this.#fail(new TypeError("FixedLengthStream did not see all expected bytes before close()."));
      }
      this.#source.close();
      this.#source.byobRequest?.respond(0);
    }

    #fail(error) {
      this.#source.error(error);
      throw error;
    }
  }

  /** A promise that is settled when a reader asks, or will never ask again. */
  function demand() {
    const result = {};
    // Node 20 has no `Promise.withResolvers`.
    result.promise = new Promise((resolve, reject) => Object.assign(result, { resolve, reject }));
    result.promise.catch(() => {});
    return result;
  }

  const pipes = new WeakMap();

  /** Passes bytes on, to the reader that asks for them. */
  class IdentityTransformStream extends TransformStream {
    constructor(writableStrategy = undefined) {
      // Upstream's own ends would be of anything, not of bytes.
      super(unmade);
      pipes.set(this, new Pipe(writableStrategy));
    }

    get readable() {
      return pipes.get(this).readable;
    }

    get writable() {
      return pipes.get(this).writable;
    }
  }

  /** Passes a number of bytes on that is known beforehand: a body made of it has a Content-Length. */
  class FixedLengthStream extends IdentityTransformStream {
    constructor(expectedLength, writableStrategy = undefined) {
      super(writableStrategy);
      const expected = typeof expectedLength === "bigint" ? Number(expectedLength) : expectedLength;
      if (!Number.isInteger(expected) || expected < 0) {
        throw new TypeError("FixedLengthStream requires a non-negative integer expected length.");
      }
      const pipe = pipes.get(this);
      pipe.expected = expected;
      setLength(pipe.readable, expected);
    }
  }

  const { read } = ReadableStreamBYOBReader.prototype;

  extend(ReadableStreamBYOBReader.prototype, {
    /** Reads until there are `minimum` bytes in the view, or the stream ends. */
    async readAtLeast(minimum, view) {
      const bytes = Number(minimum);
      if (!(bytes > 0)) throw new TypeError(`Requested invalid minimum number of bytes to read (${minimum}).`);
      if (!ArrayBuffer.isView(view) || view.byteLength === 0) {
        throw new TypeError('You must call read() on a "byob" reader with a positive-sized TypedArray object.');
      }
      if (bytes > view.byteLength) {
        throw new TypeError(`Minimum bytes to read (${bytes}) exceeds size of buffer (${view.byteLength}).`);
      }
      return fill(this, bytes, view);
    },
  });

  /**
   * Reads again and again: upstream's reading with a minimum fails where a stream has ended with less, as the standard has
   * it, while Workers give what there is.
   */
  async function fill(reader, minimum, view) {
    const { byteOffset, byteLength, BYTES_PER_ELEMENT: size = 1, constructor: View } = view;
    let { buffer } = view;
    let filled = 0;
    while (filled < minimum || filled % size !== 0) {
      const rest = new Uint8Array(buffer, byteOffset + filled, byteLength - filled);
      const { value, done } = await read.call(reader, rest);
      // A stream that was cancelled gives no buffer back.
      if (value === undefined) return { value, done };
      buffer = value.buffer;
      filled += value.byteLength;
      if (done) break;
    }
    if (filled % size !== 0) {
      throw new TypeError(`The stream ended within an element of the view: ${filled % size} of its ${size} bytes.`);
    }
    // What came before the end is no end yet.
    return { value: new View(buffer, byteOffset, filled / size), done: filled === 0 };
  }

  const { tee } = ReadableStream.prototype;

  extend(ReadableStream.prototype, {
    tee() {
      const branches = tee.call(this);
      const length = lengthOf(this);
      if (length !== undefined) for (const branch of branches) setLength(branch, length);
      return branches;
    },
  });

  return { FixedLengthStream, IdentityTransformStream };
}

export { extendStreams };
