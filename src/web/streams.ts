// Streams that Workers add to the standard's: an identity of bytes, one of known length; and reading of at least so
// much at a time. In either realm, over the streams that it has.

/** The streams of a realm. */
interface StreamClasses {
  ReadableStream: typeof ReadableStream;
  ReadableStreamBYOBReader: typeof ReadableStreamBYOBReader;
  TransformStream: typeof TransformStream;
  WritableStream: typeof WritableStream;
}

interface StreamsParts {
  bytesOfChunk(chunk: unknown): Uint8Array;
  extend(target: object, members: object): void;
  /** Null where something else knows it. */
  lengthOf(stream: ReadableStream): number | null | undefined;
  setLength(stream: ReadableStream, length: number | null): void;
  unmade: unknown;
}

type BytesStream = TransformStream<ArrayBuffer | ArrayBufferView, Uint8Array>;

/** The classes that Workers add. */
interface AddedStreams {
  FixedLengthStream: {
    readonly prototype: BytesStream;
    readonly name: string;
    new (expectedLength: number | bigint, writableStrategy?: QueuingStrategy): BytesStream;
  };
  IdentityTransformStream: {
    readonly prototype: BytesStream;
    readonly name: string;
    new (writableStrategy?: QueuingStrategy): BytesStream;
  };
}

/** A promise with what settles it. */
interface Demand {
  promise: Promise<void>;
  resolve(): void;
  reject(reason: unknown): void;
}

/** A typed array, or a `DataView`, which has no elements. */
type AnyView = ArrayBufferView & { BYTES_PER_ELEMENT?: number };

/** What a typed array is made by, or a `DataView`. */
type ViewClass = new (buffer: ArrayBufferLike, byteOffset: number, length: number) => ArrayBufferView;

/**
 * Extends the streams of a realm, and returns the classes that Workers add.
 * @param upstream the realm's `{ ReadableStream, ReadableStreamBYOBReader, TransformStream, WritableStream }`
 * @param bytesOfChunk a chunk's bytes; throws for an invalid chunk
 * @param extend adds members to an interface
 * @param lengthOf how many bytes a stream will have, where that is known; `setLength(stream, bytes)` tells
 * @param unmade what makes a constructor of upstream's make nothing, where there is such a thing
 */
function extendStreams(
  upstream: StreamClasses,
  { bytesOfChunk, extend, lengthOf, setLength, unmade }: StreamsParts,
): AddedStreams {
  const { ReadableStream, ReadableStreamBYOBReader, TransformStream, WritableStream } = upstream;

  /** The two ends of a pipe of bytes. A write waits until it is read, and is over then: the pipe keeps no bytes. */
  class Pipe {
    /** How many bytes must pass, if that is known. */
    expected: number | undefined = undefined;
    declare readable: ReadableStream<Uint8Array>;
    declare writable: WritableStream<ArrayBuffer | ArrayBufferView>;
    #passed = 0;
    #demand = demand();
    #source!: ReadableByteStreamController;
    #sink!: WritableStreamDefaultController;

    constructor(writableStrategy: QueuingStrategy | undefined) {
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

    async #write(chunk: unknown) {
      const bytes = bytesOfChunk(chunk);
      this.#passed += bytes.byteLength;
      if (this.#passed > (this.expected as number)) {
        throw new TypeError("Attempt to write too many bytes through a FixedLengthStream.");
      }
      if (bytes.byteLength === 0) return;
      await this.#demand.promise;
      this.#demand = demand();
      // The reader gets the buffer for good; the writer keeps its own.
      this.#source.enqueue(bytes.slice() as Uint8Array<ArrayBuffer>);
    }

    #close() {
      if (this.#passed < (this.expected as number)) {
        this.#fail(new TypeError("FixedLengthStream did not see all expected bytes before close()."));
      }
      this.#source.close();
      this.#source.byobRequest?.respond(0);
    }

    #fail(error: unknown): never {
      this.#source.error(error);
      throw error;
    }
  }

  /** A promise that is settled when a reader asks, or will never ask again. */
  function demand() {
    const result = {} as Demand;
    // Node 20 has no `Promise.withResolvers`.
    result.promise = new Promise((resolve, reject) => Object.assign(result, { resolve, reject }));
    result.promise.catch(() => {});
    return result;
  }

  const pipes = new WeakMap<object, Pipe>();

  /** Passes bytes on, to the reader that asks for them. */
  class IdentityTransformStream extends TransformStream {
    constructor(writableStrategy: QueuingStrategy | undefined = undefined) {
      // Upstream's own ends would be of anything, not of bytes.
      super(unmade as Transformer);
      pipes.set(this, new Pipe(writableStrategy));
    }

    override get readable() {
      return (pipes.get(this) as Pipe).readable;
    }

    override get writable() {
      return (pipes.get(this) as Pipe).writable;
    }
  }

  /** Passes a number of bytes on that is known beforehand: a body made of it has a Content-Length. */
  class FixedLengthStream extends IdentityTransformStream {
    constructor(expectedLength: number | bigint, writableStrategy: QueuingStrategy | undefined = undefined) {
      super(writableStrategy);
      const expected = typeof expectedLength === "bigint" ? Number(expectedLength) : expectedLength;
      if (!Number.isInteger(expected) || expected < 0) {
        throw new TypeError("FixedLengthStream requires a non-negative integer expected length.");
      }
      const pipe = pipes.get(this) as Pipe;
      pipe.expected = expected;
      setLength(pipe.readable, expected);
    }
  }

  const { read } = ReadableStreamBYOBReader.prototype;

  extend(ReadableStreamBYOBReader.prototype, {
    /** Reads until there are `minimum` bytes in the view, or the stream ends. */
    async readAtLeast(this: ReadableStreamBYOBReader, minimum: unknown, view: ArrayBufferView) {
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
  async function fill(reader: ReadableStreamBYOBReader, minimum: number, view: ArrayBufferView) {
    const { byteOffset, byteLength, BYTES_PER_ELEMENT: size = 1, constructor: View } = view as AnyView;
    let { buffer } = view;
    let filled = 0;
    while (filled < minimum || filled % size !== 0) {
      const rest = new Uint8Array(buffer, byteOffset + filled, byteLength - filled);
      const { value, done } = await read.call(reader, rest as Uint8Array<ArrayBuffer>);
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
    return { value: new (View as ViewClass)(buffer, byteOffset, filled / size), done: filled === 0 };
  }

  const { tee } = ReadableStream.prototype;

  extend(ReadableStream.prototype, {
    tee(this: ReadableStream) {
      const branches = tee.call(this);
      const length = lengthOf(this);
      if (length !== undefined) for (const branch of branches) setLength(branch, length);
      return branches;
    },
  });

  return { FixedLengthStream, IdentityTransformStream };
}

export { extendStreams };
export type { AddedStreams, StreamClasses };
