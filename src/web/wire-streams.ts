// How streams cross that are values of their own (bodies: see sources.ts): the other realm gets a stream of its own over the
// original. Nothing is read or locked before code there reads or writes, so one that goes back untouched is as it was.

/** What is asked of the original of a stream, by its number: `ask` of a membrane. */
interface Asking {
  ask(number: number, ...args: unknown[]): unknown;
}

type Asked = Promise<void>;

/** Whether a stream is one of bytes. */
type ReadableParts = [isOfBytes: boolean];

/** How streams cross that are values of their own. */
interface Streams {
  encodeReadable(stream: ReadableStream): ReadableParts;
  decodeReadable(parts: ReadableParts, membrane: Asking, number: number): ReadableStream;
  /** Reads the next chunk, null after the last one, or cancels the stream. */
  askReadable(stream: ReadableStream, what: "read" | "cancel", arg: unknown): Promise<unknown>;
  encodeWritable(stream: WritableStream): [];
  decodeWritable(parts: [], membrane: Asking, number: number): WritableStream;
  askWritable(stream: WritableStream, what: "write" | "close" | "abort", arg?: unknown): Promise<void>;
}

/** What a realm makes streams with. */
interface StreamsRealm {
  classes(): { ReadableStream: typeof ReadableStream; WritableStream: typeof WritableStream };
  /** Throws for a value that is not a chunk of bytes. */
  bytesOf(chunk: unknown): Uint8Array;
}

/**
 * @param classes gives the realm's `{ ReadableStream, WritableStream }`, when they are first needed
 * @param bytesOf a chunk's bytes; throws for an invalid chunk
 */
function createStreams({ classes, bytesOf }: StreamsRealm): Streams {
  const readers = new WeakMap<ReadableStream, ReadableStreamDefaultReader>();
  const writers = new WeakMap<WritableStream, WritableStreamDefaultWriter>();
  return { encodeReadable, decodeReadable, askReadable, encodeWritable, decodeWritable, askWritable };

  function encodeReadable(stream: ReadableStream): ReadableParts {
    return [isOfBytes(stream)];
  }

  /** Chunks of a byte stream cross as bytes, others in a list, since they may be anything. */
  function decodeReadable([ofBytes]: ReadableParts, membrane: Asking, number: number): ReadableStream {
    const { ReadableStream } = classes();
    return new ReadableStream(
      {
        type: ofBytes ? "bytes" : undefined,
        async pull(controller: ReadableByteStreamController) {
          const chunk = (await membrane.ask(number, "read", ofBytes)) as
            | Uint8Array<ArrayBuffer>
            | [chunk: never]
            | null;
          if (chunk !== null)
            return controller.enqueue(ofBytes ? (chunk as Uint8Array<ArrayBuffer>) : (chunk as [never])[0]);
          controller.close();
          controller.byobRequest?.respond(0);
        },
        cancel: (reason) => membrane.ask(number, "cancel", reason) as Asked,
      } as UnderlyingByteSource,
      { highWaterMark: 0 },
    );
  }

  function askReadable(stream: ReadableStream, what: "read" | "cancel", arg: unknown) {
    let reader = readers.get(stream);
    if (reader === undefined) readers.set(stream, (reader = stream.getReader()));
    return what === "cancel" ? reader.cancel(arg) : read(reader, arg);
  }

  async function read(reader: ReadableStreamDefaultReader, ofBytes: unknown) {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return null;
      if (!ofBytes) return [value];
      const chunk = bytesOf(value);
      if (chunk.byteLength > 0) return chunk;
    }
  }

  function encodeWritable(): [] {
    return [];
  }

  function decodeWritable(_: [], membrane: Asking, number: number): WritableStream {
    const { WritableStream } = classes();
    return new WritableStream({
      write: (chunk) => membrane.ask(number, "write", chunk) as Asked,
      close: () => membrane.ask(number, "close") as Asked,
      abort: (reason) => membrane.ask(number, "abort", reason) as Asked,
    });
  }

  function askWritable(stream: WritableStream, what: "write" | "close" | "abort", arg?: unknown) {
    let writer = writers.get(stream);
    if (writer === undefined) writers.set(stream, (writer = stream.getWriter()));
    return writer[what](arg);
  }
}

/** Only readers of byte streams take a buffer to fill. One that is locked already cannot be read here in any way. */
function isOfBytes(stream: ReadableStream) {
  if (stream.locked) return false;
  try {
    stream.getReader({ mode: "byob" }).releaseLock();
    return true;
  } catch {
    return false;
  }
}

export { createStreams };
export type { ReadableParts, Streams, StreamsRealm };
