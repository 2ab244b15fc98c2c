// How streams cross that are values of their own (bodies: see sources.js): the other realm gets a stream of its own over the
// original. Nothing is read or locked before code there reads or writes, so one that goes back untouched is as it was.

/**
 * @param classes gives the realm's `{ ReadableStream, WritableStream }`, when they are first needed
 * @param bytesOf a chunk's bytes; throws for an invalid chunk
 */
function createStreams({ classes, bytesOf }) {
  const readers = new WeakMap();
  const writers = new WeakMap();
  return { encodeReadable, decodeReadable, askReadable, encodeWritable, decodeWritable, askWritable };

  function encodeReadable(stream) {
    return [isOfBytes(stream)];
  }

  /** Chunks of a byte stream cross as bytes, others in a list, since they may be anything. */
  function decodeReadable([ofBytes], membrane, number) {
    const { ReadableStream } = classes();
    return new ReadableStream(
      {
        type: ofBytes ? "bytes" : undefined,
        async pull(controller) {
          const chunk = await membrane.ask(number, "read", ofBytes);
          if (chunk !== null) return controller.enqueue(ofBytes ? chunk : chunk[0]);
          controller.close();
          controller.byobRequest?.respond(0);
        },
        cancel: (reason) => membrane.ask(number, "cancel", reason),
      },
      { highWaterMark: 0 },
    );
  }

  function askReadable(stream, what, arg) {
    let reader = readers.get(stream);
    if (reader === undefined) readers.set(stream, (reader = stream.getReader()));
    return what === "cancel" ? reader.cancel(arg) : read(reader, arg);
  }

  async function read(reader, ofBytes) {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return null;
      if (!ofBytes) return [value];
      const chunk = bytesOf(value);
      if (chunk.byteLength > 0) return chunk;
    }
  }

  function encodeWritable() {
    return [];
  }

  function decodeWritable(_, membrane, number) {
    const { WritableStream } = classes();
    return new WritableStream({
      write: (chunk) => membrane.ask(number, "write", chunk),
      close: () => membrane.ask(number, "close"),
      abort: (reason) => membrane.ask(number, "abort", reason),
    });
  }

  function askWritable(stream, what, arg) {
    let writer = writers.get(stream);
    if (writer === undefined) writers.set(stream, (writer = stream.getWriter()));
    return writer[what](arg);
  }
}

/** Only readers of byte streams take a buffer to fill. One that is locked already cannot be read here in any way. */
function isOfBytes(stream) {
  if (stream.locked) return false;
  try {
    stream.getReader({ mode: "byob" }).releaseLock();
    return true;
  } catch {
    return false;
  }
}

export { createStreams };
