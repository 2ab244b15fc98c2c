// How bodies cross that are streams. The realm that has the stream gives the other a function, which it calls when somebody
// there reads: so backpressure reaches from one realm into the other. A call costs more than a chunk does; so each brings
// several, but only what is there already, unless the whole body is wanted.
(() => {
  "use strict";

  /** What a sender is asked for. */
  const CANCEL = 0;
  const SOME = 1;
  const ALL = 2;
  /** A call ends with so many bytes or so many reads. */
  const MOST = { [SOME]: { bytes: 65_536, reads: 16 }, [ALL]: { bytes: 65_536, reads: 1024 } };

  /** What senders have returned: promises that nobody but the reader of their stream will ever hold. */
  const promises = new WeakSet();

  /** How the answers of senders cross. */
  const answers = {
    is: (promise) => promises.has(promise),
    encode(answer, encodeBytes) {
      if (answer === undefined) return undefined;
      const [isLast, bytes, ...lengths] = answer;
      return bytes === undefined ? ["k", isLast] : ["k", isLast, encodeBytes(bytes), ...lengths];
    },
  };

  /**
   * @param streamClass gives the realm's `ReadableStream`, when it is first needed
   * @param bytesOf a chunk's bytes; throws for what is none
   * @param read `(reader, request)` reads as the standard does, and calls `request.chunkSteps(chunk)`, `closeSteps()` or
   *   `errorSteps(error)`, at once if it can
   * @param isFilled whether a stream has a chunk that its source need not be asked for; such a realm has `rest(callback)`,
   *   which calls when everything has gone on that waits for nothing outside
   */
  function createSources({ streamClass, bytesOf, read = readLater, isFilled = () => false, rest = undefined }) {
    return { bytesFromSender, senderOfStream, sourceOfStream, streamFromSender, streamFromSource };

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

    /** A byte stream over a source. */
    function streamFromSource(source) {
      return byteStream(
        async (controller) => {
          const chunk = await source.pull();
          if (chunk === null) return end(controller);
          controller.enqueue(chunk);
        },
        (reason) => source.cancel(reason),
      );
    }

    /** The function by which the other realm reads one of this realm's streams: `[isLast, bytes, ...lengths of chunks]`. */
    function senderOfStream(stream) {
      const reader = stream.getReader();
      const state = { stream, reader, failure: undefined };
      return (want, reason) => {
        const answer = want === CANCEL ? reader.cancel(reason) : gather(state, want);
        promises.add(answer);
        return answer;
      };
    }

    function gather(state, want) {
      return new Promise((resolve, reject) => {
        const { failure } = state;
        if (failure !== undefined) return reject(failure.error);
        const most = MOST[want];
        const chunks = [];
        let length = 0;
        let reads = 0;
        let isOver = false;
        let isAsking = false;
        let isThere = false;

        const finish = (isLast) => {
          isOver = true;
          resolve(packed(isLast, chunks, length, want === SOME));
        };
        const fail = (error) => {
          isOver = true;
          if (want === ALL || chunks.length === 0) return reject(error);
          // What came before arrives before.
          state.failure = { error };
          finish(false);
        };
        const add = (chunk) => {
          if (chunk.byteLength === 0) return;
          chunks.push(chunk);
          length += chunk.byteLength;
        };
        const request = {
          chunkSteps(value) {
            isThere = true;
            try {
              add(bytesOf(value));
            } catch (error) {
              return fail(error);
            }
            // One that comes later comes in the middle of what the stream does.
            if (!isAsking) Promise.resolve().then(next);
          },
          closeSteps: () => finish(true),
          errorSteps: fail,
        };
        const isEnough = () => length >= most.bytes || (reads >= most.reads && (want === ALL || chunks.length > 0));

        /** Reads as long as chunks are there. A reader is answered with something; nothing is no chunk. */
        function next() {
          while (!isOver && !isEnough()) {
            if (want === SOME && chunks.length > 0 && !isFilled(state.stream)) return pause();
            reads++;
            isThere = false;
            isAsking = true;
            read(state.reader, request);
            isAsking = false;
            if (!isThere) return;
          }
          if (!isOver) finish(false);
        }

        /** A source that is asked for the next chunk may have it when all that is under way here is done. */
        function pause() {
          if (rest === undefined) return finish(false);
          rest(() => (isFilled(state.stream) ? next() : finish(false)));
        }

        next();
      });
    }

    /** A byte stream over a sender of the other realm. */
    function streamFromSender(send) {
      const pull = async (controller) => {
        const [isLast, bytes, ...lengths] = await send(SOME);
        if (bytes !== undefined) enqueue(controller, bytes, lengths);
        if (isLast) end(controller);
      };
      return byteStream(pull, (reason) => send(CANCEL, reason));
    }

    /** All bytes of a sender of the other realm, in a buffer of their own. */
    async function bytesFromSender(send) {
      const parts = [];
      let length = 0;
      for (let isLast = false; !isLast; ) {
        const [last, bytes] = await send(ALL);
        isLast = last;
        if (bytes === undefined) continue;
        parts.push(bytes);
        length += bytes.byteLength;
      }
      return parts.length === 1 ? whole(parts[0]) : joined(parts, length);
    }

    function byteStream(pull, cancel) {
      const ReadableStream = streamClass();
      return new ReadableStream({ type: "bytes", pull, cancel }, { highWaterMark: 0 });
    }
  }

  function readLater(reader, request) {
    reader
      .read()
      .then(({ done, value }) => (done ? request.closeSteps() : request.chunkSteps(value)), request.errorSteps);
  }

  function end(controller) {
    controller.close();
    controller.byobRequest?.respond(0);
  }

  /** A chunk takes its buffer along, so that each needs one of its own. */
  function enqueue(controller, bytes, lengths) {
    if (lengths.length === 0) return controller.enqueue(whole(bytes));
    let start = 0;
    for (const length of lengths) {
      controller.enqueue(bytes.slice(start, start + length));
      start += length;
    }
  }

  function packed(isLast, chunks, length, withLengths) {
    if (chunks.length === 0) return [isLast];
    if (chunks.length === 1) return [isLast, chunks[0]];
    const bytes = joined(chunks, length);
    return withLengths ? [isLast, bytes, ...chunks.map((chunk) => chunk.byteLength)] : [isLast, bytes];
  }

  function joined(chunks, length) {
    const bytes = new Uint8Array(length);
    let start = 0;
    for (const chunk of chunks) {
      bytes.set(chunk, start);
      start += chunk.byteLength;
    }
    return bytes;
  }

  const whole = (bytes) => (bytes.byteLength === bytes.buffer.byteLength ? bytes : bytes.slice());

  const exported = { answers, createSources };
  if (typeof module === "object") module.exports = exported;
  return exported;
})();
