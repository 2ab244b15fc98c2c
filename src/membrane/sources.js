// How streams cross: as a source that the other realm pulls, a chunk when someone there reads. Nothing is read ahead, so
// backpressure reaches from one realm into the other.
(() => {
  /**
   * @param streamClass gives the realm's `ReadableStream`, when it is first needed
   * @param bytesOf a chunk's bytes; throws for what is none
   */
  function createSources({ streamClass, bytesOf }) {
    return { sourceOfStream, streamFromSource };

    /** A source over one of this realm's streams. */
    function sourceOfStream(stream) {
      const reader = stream.getReader();
      return {
        async pull() {
          for (;;) {
            const { done, value } = await reader.read();
            if (done) return null;
            const chunk = bytesOf(value);
            if (chunk.byteLength > 0) return chunk;
          }
        },
        cancel: (reason) => reader.cancel(reason),
      };
    }

    /** A byte stream over a source in the other realm. */
    function streamFromSource(source) {
      const ReadableStream = streamClass();
      return new ReadableStream(
        {
          type: "bytes",
          async pull(controller) {
            const chunk = await source.pull();
            if (chunk !== null) return controller.enqueue(chunk);
            controller.close();
            controller.byobRequest?.respond(0);
          },
          cancel: (reason) => source.cancel(reason),
        },
        { highWaterMark: 0 },
      );
    }
  }

  const exported = { createSources };
  if (typeof module === "object") module.exports = exported;
  return exported;
})();
