// Values on their way into a bucket and out of it. A short one crosses in one call, a longer one chunk by chunk.

/** Bytes of a stream up to which it is one call. */
const AT_ONCE = 256 * 1024;

const tagOf = (value) => Object.prototype.toString.call(value);
const isStream = (value) => typeof value?.getReader === "function";

/** Whether it is a `Blob` or a `File`, of whatever realm. */
const isBlob = (value) => /^\[object (Blob|File)\]$/.test(tagOf(value)) && typeof value.stream === "function";

/** The bytes of a buffer or a view, which may be of any realm; undefined when it is neither. */
function bytesOf(value) {
  if (ArrayBuffer.isView(value)) return new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
  return tagOf(value) === "[object ArrayBuffer]" ? new Uint8Array(value) : undefined;
}

/** What a call gave, now or later. */
const settle = (answer, backend) => (typeof answer === "number" ? backend.later(answer) : answer);

/** The same once the gate of an object lets it in; time has moved on for the request. */
async function arrive(answer, backend) {
  const value = typeof answer === "number" ? await backend.later(answer) : answer;
  const arrives = backend.advance();
  if (arrives !== undefined) await arrives;
  return value;
}

/** What a store takes of a value that is there: text or bytes; undefined of others. */
function heldContentOf(value) {
  if (typeof value === "string") return value;
  return value === null ? "" : bytesOf(value);
}

/**
 * What a store takes of a value that comes: bytes, or the number of what was received of a stream.
 * @param expected the digest that the value must have, if any
 * @param refuse throws for a value that is none
 */
async function comingContentOf(value, { bucket, backend, expected, refuse }) {
  if (isBlob(value)) {
    if (value.size <= AT_ONCE) return new Uint8Array(await value.arrayBuffer());
    return receive(value.stream(), bucket, backend, expected);
  }
  if (!isStream(value)) refuse();
  return receive(value, bucket, backend, expected);
}

async function receive(stream, bucket, backend, expected) {
  const reader = stream.getReader();
  const chunks = [];
  let length = 0;
  let receiver;
  const add = async (chunk) => {
    const answer = backend.add(receiver, chunk);
    if (answer !== undefined) await backend.later(answer);
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
      [receiver] = await settle(backend.receive(bucket, expected), backend);
      for (const before of chunks.splice(0)) await add(before);
    }
  } catch (error) {
    if (receiver !== undefined) backend.close(receiver);
    // One that has failed has nothing to cancel.
    reader.cancel(error).catch(() => {});
    throw error;
  }
}

function refused(chunk) {
  const got = typeof chunk === "string" ? "a string" : tagOf(chunk);
  return new TypeError(`R2 put() accepts only streams of bytes as values, got a chunk that is ${got}.`);
}

function joined(chunks, length) {
  if (chunks.length === 1) return chunks[0];
  const bytes = new Uint8Array(length);
  let offset = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, offset);
    offset += chunk.byteLength;
  }
  return bytes;
}

/** Bodies that are never read to their end are let go of when nobody can read them any more. */
const abandoned = new FinalizationRegistry(({ backend, body }) => backend.close(body));

/** What the stream of a value is pulled from; `all()` gives all of it at once. */
function sourceOf(value, backend) {
  return typeof value === "number" ? sourceOfBody(value, backend) : sourceOfBytes(value, backend);
}

function sourceOfBytes(bytes, backend) {
  let rest = bytes.byteLength > 0 ? bytes : null;
  return {
    all: () => arrive(bytes, backend),
    pull() {
      const chunk = rest;
      rest = null;
      return arrive(chunk, backend);
    },
    cancel() {},
  };
}

function sourceOfBody(body, backend) {
  const close = () => {
    abandoned.unregister(source);
    backend.close(body);
  };
  const source = {
    async all() {
      const bytes = await arrive(backend.read(body, true), backend);
      abandoned.unregister(source);
      return bytes;
    },
    async pull() {
      const chunk = await arrive(backend.read(body, false), backend);
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
