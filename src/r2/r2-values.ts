// Values on their way into a bucket and out of it. A short one crosses in one call, a longer one chunk by chunk.

import { joined } from "../web/chunks.ts";
import type { Content, WireValue } from "../wire.ts";
import type { R2Backend, R2Source } from "./r2-calls.ts";

/** A value on its way into a bucket. */
interface Coming {
  /** The name of the bucket. */
  bucket: string;
  backend: R2Backend;
  /** The digest that the value must have, if any. */
  expected?: WireValue;
  /** Throws for an invalid value. */
  refuse?(): never;
}

/** Bytes of a stream up to which it is one call. */
const AT_ONCE = 256 * 1024;

const tagOf = (value: unknown): string => Object.prototype.toString.call(value);
const isStream = (value: unknown): value is ReadableStream =>
  typeof (value as Partial<ReadableStream> | null | undefined)?.getReader === "function";

/** Whether it is a `Blob` or a `File`, of whatever realm. */
const isBlob = (value: unknown): value is Blob =>
  /^\[object (Blob|File)\]$/.test(tagOf(value)) && typeof (value as Blob).stream === "function";

/** The bytes of a buffer or a view, which may be of any realm; undefined when it is neither. */
function bytesOf(value: unknown) {
  if (ArrayBuffer.isView(value)) return new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
  return tagOf(value) === "[object ArrayBuffer]" ? new Uint8Array(value as ArrayBuffer) : undefined;
}

/** What a call gave, now or later. */
const settle = (answer: WireValue, backend: R2Backend) => (typeof answer === "number" ? backend.later(answer) : answer);

/** The same once the gate of an object lets it in; time has moved on for the request. */
async function arrive(answer: WireValue, backend: R2Backend) {
  const value = typeof answer === "number" ? await backend.later(answer) : answer;
  const arrives = backend.advance();
  if (arrives !== undefined) await arrives;
  return value;
}

/** What a store takes of a value that is there: text or bytes; undefined of others. */
function heldContentOf(value: unknown): Content | undefined {
  if (typeof value === "string") return value;
  return value === null ? "" : bytesOf(value);
}

/** What a store takes of a value that comes: bytes, or the number of what was received of a stream. */
async function comingContentOf(value: unknown, { bucket, backend, expected, refuse }: Coming) {
  if (isBlob(value)) {
    if (value.size <= AT_ONCE) return new Uint8Array(await value.arrayBuffer());
    return receive(value.stream(), bucket, backend, expected);
  }
  if (!isStream(value)) (refuse as () => never)();
  return receive(value as ReadableStream, bucket, backend, expected);
}

async function receive(
  stream: ReadableStream,
  bucket: string,
  backend: R2Backend,
  expected: WireValue,
): Promise<Uint8Array | number> {
  const reader = stream.getReader();
  const chunks: Uint8Array[] = [];
  let length = 0;
  let receiver: number | undefined;
  const add = async (chunk: Uint8Array) => {
    const answer = backend.add(receiver as number, chunk);
    if (answer !== undefined) await backend.later(answer as number);
  };
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return receiver ?? joined(chunks, length);
      const chunk = bytesOf(value);
      if (chunk === undefined) throw refused(value);
      length += chunk.byteLength;
      if (receiver !== undefined) {
        await add(chunk);
        continue;
      }
      chunks.push(chunk);
      if (length <= AT_ONCE) continue;
      [receiver] = (await settle(backend.receive(bucket, expected), backend)) as [receiver: number];
      for (const before of chunks.splice(0)) await add(before);
    }
  } catch (error) {
    if (receiver !== undefined) backend.close(receiver);
    // One that has failed has nothing to cancel.
    reader.cancel(error).catch(() => {});
    throw error;
  }
}

function refused(chunk: unknown) {
  const got = typeof chunk === "string" ? "a string" : tagOf(chunk);
  return new TypeError(`R2 put() accepts only streams of bytes as values, got a chunk that is ${got}.`);
}

/** A body that is not read to its end is released when it is collected. */
const abandoned = new FinalizationRegistry<{ backend: R2Backend; body: number }>(({ backend, body }) =>
  backend.close(body),
);

/** What the stream of a value is pulled from; `all()` gives all of it at once. */
function sourceOf(value: Uint8Array | number, backend: R2Backend): R2Source {
  return typeof value === "number" ? sourceOfBody(value, backend) : sourceOfBytes(value, backend);
}

function sourceOfBytes(bytes: Uint8Array, backend: R2Backend): R2Source {
  let rest = bytes.byteLength > 0 ? bytes : null;
  return {
    all: () => arrive(bytes, backend) as Promise<Uint8Array>,
    pull() {
      const chunk = rest;
      rest = null;
      return arrive(chunk, backend) as Promise<Uint8Array | null>;
    },
    cancel() {},
  };
}

function sourceOfBody(body: number, backend: R2Backend): R2Source {
  const close = () => {
    abandoned.unregister(source);
    backend.close(body);
  };
  const source: R2Source = {
    async all() {
      const bytes = (await arrive(backend.read(body, true), backend)) as Uint8Array;
      abandoned.unregister(source);
      return bytes;
    },
    async pull() {
      const chunk = (await arrive(backend.read(body, false), backend)) as Uint8Array | null;
      if (chunk === null) close();
      return chunk;
    },
    async cancel() {
      close();
    },
  };
  abandoned.register(source, { backend, body }, source);
  return source;
}

export { arrive, bytesOf, comingContentOf, heldContentOf, isBlob, isStream, sourceOf, tagOf };
