// A response's body that is a stream, or is encoded on its way: chunks leave as they come, and a slow client makes the worker
// wait. A client that goes away cancels the worker's stream.

import { once } from "node:events";
import type { ServerResponse } from "node:http";
import { pipeline } from "node:stream/promises";
import type { Transform } from "node:stream";
import { createBrotliCompress, createDeflate, createGzip } from "node:zlib";
import { WANT } from "../../protocol.ts";
import { isInMemory } from "../../web/node/node-streams.ts";
import type { Sender, SenderAnswer } from "../../web/sources.ts";
import { writeHead } from "./outgoing.ts";
import type { Head, OutgoingParts } from "./outgoing.ts";

const COMPRESSORS: Record<string, () => Transform> = {
  br: createBrotliCompress,
  deflate: createDeflate,
  gzip: createGzip,
  "x-deflate": createDeflate,
  "x-gzip": createGzip,
};

/** A body as it is read here. */
interface Source {
  /** Undefined after the last chunk. */
  next(): Promise<Uint8Array | undefined>;
  cancel(reason: Error): Promise<unknown>;
}

/** Sends a response whose body is a stream or is to be encoded; see `sendResponse`. */
export async function sendStream(
  res: ServerResponse,
  parts: OutgoingParts,
  head: Head,
  append: string | undefined,
  warn: (text: string) => void,
): Promise<void> {
  const compressors = parts.encodeBody === "automatic" ? compressorsFor(head.encoding, warn) : [];
  const body = new Watched(sourceOf(parts.body));
  const length = compressors.length > 0 ? undefined : fullLength(parts.body, head.length, append);
  const isBodiless = parts.status === 204 || parts.status === 304;
  writeHead(res, parts, head, isBodiless ? undefined : length);
  if (isBodiless || res.req.method === "HEAD") {
    res.end();
    return drain(res, body);
  }
  const isPage = append !== undefined && parts.body !== null;
  const chunks = isPage ? followedBy(body, Buffer.from(append)) : body;
  // Node sends the head with the first chunk, for which a client may have to wait.
  const flush = setImmediate(() => res.flushHeaders());
  res.once("close", () => clearImmediate(flush));
  await cancelledBy(res, body, () => {
    if (compressors.length === 0) return write(res, chunks, length);
    // It takes iterables in arrays as well, of which its types say nothing.
    const first = iterate(chunks) as unknown as NodeJS.ReadableStream;
    return pipeline([first, ...compressors, res]);
  });
}

function compressorsFor(encoding: string, warn: (text: string) => void): Transform[] {
  if (encoding === "") return [];
  const codings = encoding
    .toLowerCase()
    .split(",")
    .map((coding) => coding.trim());
  const unknown = codings.find((coding) => !Object.hasOwn(COMPRESSORS, coding));
  if (unknown !== undefined) {
    warn(`Unknown encoding "${unknown}", sending plain response...`);
    return [];
  }
  return codings.map((coding) => (COMPRESSORS[coding] as () => Transform)());
}

/** With the text that is added; undefined when only the end of the stream will tell. */
function fullLength(body: OutgoingParts["body"], said: number | undefined, append = ""): number | undefined {
  const added = Buffer.byteLength(append);
  if (body === null) return 0;
  if (typeof body === "string") return Buffer.byteLength(body) + added;
  if (body instanceof Uint8Array) return body.byteLength + added;
  return said === undefined ? undefined : said + added;
}

function sourceOf(body: OutgoingParts["body"]): Source {
  if (typeof body === "function") return senderSource(body);
  if (isInMemory(body)) {
    return wholeSource(typeof body === "string" ? Buffer.from(body) : body);
  }
  return streamSource(body);
}

function wholeSource(body: Uint8Array | null): Source {
  let rest = body ?? undefined;
  return {
    async next() {
      const chunk = rest;
      rest = undefined;
      return chunk;
    },
    cancel: async () => {},
  };
}

function streamSource(stream: ReadableStream<Uint8Array>): Source {
  const reader = stream.getReader();
  return {
    next: async () => (await reader.read()).value,
    cancel: (reason) => reader.cancel(reason),
  };
}

/** Each answer holds the chunks that were there, one behind the other. */
function senderSource(send: Sender): Source {
  let isOver = false;
  return {
    async next() {
      while (!isOver) {
        // Only what cancels answers with nothing.
        const [isLast, bytes] = (await send(WANT.SOME)) as SenderAnswer;
        isOver = isLast;
        const chunk = Array.isArray(bytes) ? Buffer.concat(bytes) : bytes;
        if (chunk !== undefined && chunk.byteLength > 0) return chunk;
      }
      return undefined;
    },
    cancel: (reason) => send(WANT.CANCEL, reason),
  };
}

function followedBy(source: Source, text: Uint8Array): Source {
  let rest: Uint8Array | undefined = text;
  return {
    async next() {
      const chunk = await source.next();
      if (chunk !== undefined) return chunk;
      const last = rest;
      rest = undefined;
      return last;
    },
    cancel: (reason) => source.cancel(reason),
  };
}

async function* iterate(source: Source): AsyncGenerator<Uint8Array> {
  for (let chunk = await source.next(); chunk !== undefined; chunk = await source.next()) yield chunk;
}

/** Does `work`. A client that disconnects meanwhile cancels the body, which ends the work; that is not a failure. */
async function cancelledBy(res: ServerResponse, body: Watched, work: () => Promise<void>): Promise<void> {
  let isGone = false;
  const cancel = () => {
    if (res.writableFinished || body.failure !== undefined) return;
    isGone = true;
    body.cancel(new Error("The client has disconnected.")).catch(() => {});
  };
  if (res.destroyed) return cancel();
  res.once("close", cancel);
  try {
    await work();
  } catch (error) {
    if (isGone) return;
    res.off("close", cancel);
    // What came before the failure arrives; Node hands it to the connection in the next tick.
    await new Promise<void>((resolve) => process.nextTick(resolve));
    if (res.socket === null) res.destroy();
    else res.socket.destroySoon();
    throw body.failure?.error ?? error;
  }
}

/** A source that remembers how it failed: what pipes it onward fails with it, and then with more. */
class Watched implements Source {
  failure: { error: unknown } | undefined;
  #source: Source;

  constructor(source: Source) {
    this.#source = source;
  }

  async next(): Promise<Uint8Array | undefined> {
    try {
      return await this.#source.next();
    } catch (error) {
      this.failure ??= { error };
      throw error;
    }
  }

  cancel(reason: Error): Promise<unknown> {
    return this.#source.cancel(reason);
  }
}

async function write(res: ServerResponse, source: Source, length: number | undefined): Promise<void> {
  let left = length ?? Number.POSITIVE_INFINITY;
  for (let chunk = await source.next(); chunk !== undefined; chunk = await source.next()) {
    if (res.destroyed) return;
    left -= chunk.byteLength;
    if (left < 0) throw wrongLength(length, "more");
    if (!res.write(chunk)) await drained(res);
  }
  if (left > 0 && length !== undefined) throw wrongLength(length, "fewer");
  res.end();
}

/** What waits for a client that is gone would wait for ever. */
function drained(res: ServerResponse): Promise<unknown> {
  if (res.destroyed) return Promise.resolve();
  const over = new AbortController();
  const { signal } = over;
  return Promise.race([once(res, "drain", { signal }), once(res, "close", { signal })]).finally(() => over.abort());
}

function wrongLength(length: number | undefined, how: string): TypeError {
  return new TypeError(`The response has the header "Content-Length: ${length}", but its body has ${how} bytes.`);
}

/** Without a client for it the body is read to its end all the same, as caches read it, while the connection lasts. */
async function drain(res: ServerResponse, body: Source): Promise<void> {
  const { socket } = res.req;
  const cancel = () => void body.cancel(new Error("The client has disconnected.")).catch(() => {});
  if (socket.destroyed) return cancel();
  socket.once("close", cancel);
  try {
    while ((await body.next()) !== undefined);
  } finally {
    socket.off("close", cancel);
  }
}
