// How bodies cross that are streams. The realm that has the stream gives the other a function, which it calls when code
// there reads: so backpressure reaches from one realm into the other. A call costs more than a chunk does; so each brings
// several, but only what is there already, unless the whole body is wanted.

import { TAG, WANT } from "../protocol.ts";
import { join } from "./chunks.ts";
import type { WireValue } from "../wire.ts";

/** The function by which the other realm reads a stream of this one. */
type Sender = (want: number, reason?: unknown) => Promise<SenderAnswer | undefined>;

/** What a sender of this realm answers. */
type GatheredAnswer = [isLast: boolean, chunks: Uint8Array[], length: number, isForReader: boolean];
/** The same as it arrives in the other realm. */
type ArrivedAnswer = [isLast: boolean, bytes?: Uint8Array<ArrayBuffer>, ...lengths: number[]];
type SenderAnswer = GatheredAnswer | ArrivedAnswer;

/** What a stream of bytes is over. */
interface Source {
  /** The next chunk; null after the last. */
  pull(): Promise<Uint8Array | null>;
  cancel(reason?: unknown): Promise<void> | void;
}

/** How a read is answered. */
interface ReadRequest {
  chunkSteps(chunk: unknown): void;
  closeSteps(): void;
  errorSteps(error: unknown): void;
}

type Read = (reader: ReadableStreamDefaultReader, request: ReadRequest) => void;

/** What a realm reads and makes streams with. */
interface SourcesRealm {
  streamClass(): typeof ReadableStream;
  bytesOf(chunk: unknown): Uint8Array;
  allocate?(length: number): Uint8Array<ArrayBuffer>;
  read?: Read;
  isFilled?(stream: ReadableStream): boolean;
  rest?: (callback: () => void) => void;
}

interface Sources {
  bytesFromSender(send: Sender): Promise<Uint8Array<ArrayBuffer>>;
  partsFromSender(send: Sender): Promise<{ parts: Uint8Array<ArrayBuffer>[]; length: number }>;
  senderOfStream(stream: ReadableStream): Sender;
  sourceOfStream(stream: ReadableStream): Source;
  streamFromSender(send: Sender): ReadableStream<Uint8Array<ArrayBuffer>>;
  streamFromSource(source: Source): ReadableStream<Uint8Array<ArrayBuffer>>;
}

/** A stream that is read by a sender, and what it failed with after chunks that have yet to arrive. */
interface Sent {
  stream: ReadableStream;
  reader: ReadableStreamDefaultReader;
  failure: { error: unknown } | undefined;
}

const { BYTES, LIST } = TAG;
const { ALL, CANCEL, SOME } = WANT;

/** A call ends with so many bytes or so many reads. */
const MOST: Record<number, { bytes: number; reads: number }> = {
  [SOME]: { bytes: 65_536, reads: 16 },
  [ALL]: { bytes: 1_048_576, reads: 4096 },
};

/** In so many turns of the queue of microtasks, a stream asks its source again after it has answered at once. */
const TURNS = 4;

/** So many bytes of short chunks are put together in memory that is used again. */
const ROOM = 2 * 65_536;
let room: Uint8Array<ArrayBuffer> | undefined;
const roomFor = (length: number) => (room ??= new Uint8Array(ROOM)).subarray(0, length);

/** What senders have returned: promises that only the reader of their stream will ever hold. */
const promises = new WeakSet<object>();

/** How the answers of senders cross. */
const answers = {
  is: (promise: object) => promises.has(promise),
  /** The receiver copies short arrays at once. */
  encode(answer: GatheredAnswer | undefined, encodeBytes: (bytes: Uint8Array) => WireValue): WireValue {
    if (answer === undefined) return undefined;
    const [isLast, chunks, length, isForReader] = answer;
    if (chunks.length === 0) return [LIST, isLast];
    if (chunks.length === 1) return [LIST, isLast, encodeBytes(chunks[0])];
    const isShort = length <= ROOM;
    const joined = join(chunks, isShort ? roomFor(length) : new Uint8Array(length));
    // A long array that is only made for this crosses without a copy.
    const bytes = isShort ? encodeBytes(joined) : [BYTES, joined];
    return isForReader ? [LIST, isLast, bytes, ...chunks.map((chunk) => chunk.byteLength)] : [LIST, isLast, bytes];
  },
};

/**
 * @param streamClass gives the realm's `ReadableStream`, when it is first needed
 * @param bytesOf a chunk's bytes; throws for an invalid chunk
 * @param allocate an array of so many bytes, whatever they are, in a buffer of its own
 * @param read `(reader, request)` reads as the standard does, and calls `request.chunkSteps(chunk)`, `closeSteps()` or
 *   `errorSteps(error)`, at once if it can
 * @param isFilled whether a stream has a chunk that its source need not be asked for; such a realm has `rest(callback)`,
 *   which calls when everything has gone on that waits for nothing outside
 */
function createSources({
  streamClass,
  bytesOf,
  allocate = (length) => new Uint8Array(length),
  read = readLater,
  isFilled = () => false,
  rest = undefined,
}: SourcesRealm): Sources {
  return { bytesFromSender, partsFromSender, senderOfStream, sourceOfStream, streamFromSender, streamFromSource };

  /** A source over one of this realm's streams. */
  function sourceOfStream(stream: ReadableStream): Source {
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
      cancel: (reason?: unknown) => reader.cancel(reason),
    };
  }

  /** A byte stream over a source. */
  function streamFromSource(source: Source) {
    return byteStream(
      async (controller) => {
        const chunk = await source.pull();
        if (chunk === null) return end(controller);
        controller.enqueue(chunk as Uint8Array<ArrayBuffer>);
      },
      (reason) => source.cancel(reason),
    );
  }

  /**
   * The function by which the other realm reads one of this realm's streams. Its answers are `[isLast, chunks, length,
   * isForReader]`, and what arrives of one is `[isLast, bytes of all chunks, ...lengths]`.
   */
  function senderOfStream(stream: ReadableStream): Sender {
    const reader = stream.getReader();
    const state: Sent = { stream, reader, failure: undefined };
    return (want, reason) => {
      const answer = want === CANCEL ? (reader.cancel(reason) as Promise<undefined>) : gather(state, want);
      promises.add(answer);
      return answer;
    };
  }

  function gather(state: Sent, want: number): Promise<SenderAnswer> {
    return new Promise((resolve, reject) => {
      const { failure } = state;
      if (failure !== undefined) return reject(failure.error);
      const most = MOST[want];
      const chunks: Uint8Array[] = [];
      let length = 0;
      let reads = 0;
      let isOver = false;
      let isAsking = false;
      let isThere = false;

      const finish = (isLast: boolean) => {
        isOver = true;
        resolve([isLast, chunks, length, want === SOME]);
      };
      const fail = (error: unknown) => {
        isOver = true;
        if (want === ALL || chunks.length === 0) return reject(error);
        // What came before arrives before.
        state.failure = { error };
        finish(false);
      };
      const add = (chunk: Uint8Array) => {
        if (chunk.byteLength === 0) return;
        chunks.push(chunk);
        length += chunk.byteLength;
      };
      const request: ReadRequest = {
        chunkSteps(value) {
          isThere = true;
          attempt(() => {
            add(bytesOf(value));
            // One that comes later comes in the middle of what the stream does.
            if (!isAsking) Promise.resolve().then(next);
          });
        },
        closeSteps: () => finish(true),
        errorSteps: fail,
      };
      const isEnough = () => length >= most.bytes || (reads >= most.reads && (want === ALL || chunks.length > 0));

      /** What fails, as a realm may be broken in any way, fails the reader, who would wait for ever. */
      function attempt(act: () => void) {
        try {
          act();
        } catch (error) {
          fail(error);
        }
      }

      const next = () => attempt(readOn);

      /** Reads as long as chunks are there. A reader is answered with something; nothing is no chunk. */
      function readOn() {
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

      /**
       * A source that is asked for the next chunk may have it when all that is under way here is done. Most have it in a few
       * turns of the queue of microtasks, for which it takes less to wait.
       */
      function pause(turns = TURNS) {
        if (rest === undefined) return finish(false);
        const goOn = () =>
          attempt(() => (isFilled(state.stream) ? readOn() : turns > 0 ? pause(turns - 1) : finish(false)));
        if (turns > 0) Promise.resolve().then(goOn);
        else rest(goOn);
      }

      next();
    });
  }

  /** A byte stream over a sender of the other realm. */
  function streamFromSender(send: Sender) {
    const pull = async (controller: ReadableByteStreamController) => {
      const answer = (await send(SOME)) as SenderAnswer;
      for (const chunk of chunksOf(answer)) controller.enqueue(chunk);
      if (answer[0]) end(controller);
    };
    return byteStream(pull, (reason) => send(CANCEL, reason));
  }

  /** What a sender has, as it comes: bytes, and how many. */
  async function partsFromSender(send: Sender) {
    const parts: Uint8Array<ArrayBuffer>[] = [];
    let length = 0;
    for (let isLast = false; !isLast; ) {
      const [last, bytes] = (await send(ALL)) as [
        boolean,
        Uint8Array<ArrayBuffer> | Uint8Array<ArrayBuffer>[] | undefined,
      ];
      isLast = last;
      for (const part of Array.isArray(bytes) ? bytes : bytes === undefined ? [] : [bytes]) {
        parts.push(part);
        length += part.byteLength;
      }
    }
    return { parts, length };
  }

  /** All bytes of a sender, in a buffer of their own. */
  async function bytesFromSender(send: Sender) {
    const { parts, length } = await partsFromSender(send);
    return parts.length === 1 ? whole(parts[0]) : join(parts, allocate(length));
  }

  function byteStream(
    pull: (controller: ReadableByteStreamController) => Promise<void>,
    cancel: (reason: unknown) => unknown,
  ): ReadableStream<Uint8Array<ArrayBuffer>> {
    const ReadableStream = streamClass();
    return new ReadableStream({ type: "bytes", pull, cancel: cancel as Cancel }, { highWaterMark: 0 });
  }
}

type Cancel = (reason: unknown) => Promise<void>;

function readLater(reader: ReadableStreamDefaultReader, request: ReadRequest) {
  reader
    .read()
    .then(({ done, value }) => (done ? request.closeSteps() : request.chunkSteps(value)), request.errorSteps);
}

function end(controller: ReadableByteStreamController) {
  controller.close();
  controller.byobRequest?.respond(0);
}

/** The chunks of an answer. A byte stream takes their buffers, so that each has one of its own. */
function* chunksOf(answer: SenderAnswer): Generator<Uint8Array<ArrayBuffer>> {
  const [, bytes, ...lengths] = answer as [boolean, Uint8Array<ArrayBuffer> | Uint8Array[] | undefined, ...number[]];
  // The sender is of this realm: what it gave away has come home.
  if (Array.isArray(bytes)) for (const chunk of bytes) yield chunk.slice() as Uint8Array<ArrayBuffer>;
  else if (lengths.length > 0) {
    let start = 0;
    for (const length of lengths) yield (bytes as Uint8Array<ArrayBuffer>).slice(start, (start += length));
  } else if (bytes !== undefined) yield whole(bytes);
}

const whole = (bytes: Uint8Array<ArrayBuffer>) =>
  bytes.byteLength === bytes.buffer.byteLength ? bytes : bytes.slice();

export { answers, createSources };
export type { ArrivedAnswer, GatheredAnswer, ReadRequest, Sender, SenderAnswer, Source, Sources, SourcesRealm };
