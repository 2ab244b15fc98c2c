// `KVNamespace`: what users call. One copy runs in the worker (`env.NAME`) and one in Node (`mf.getKVNamespace`), each
// over a backend of its own.

const TYPES = new Set(["text", "json", "arrayBuffer", "stream"]);
const EXPIRATION_MIN = -(2 ** 31);
const EXPIRATION_MAX = 2 ** 31 - 1;

/**
 * One namespace.
 *
 * The backend has `begin()`, called before each use; `depart()` and `advance()`, called before something is written and
 * after each use, which return a promise when there is something to wait for; `get(name, key, bytes, metadata,
 * cacheTtl)`, `put(name, key, value, options)`, `delete(name, key)` and `list(name, query)`, which answer with a value
 * or with a number that `later(number)` makes a promise of (see `calls.rs`); `streamFromSource(source)`; and
 * `valueLimit`, in bytes.
 */
class KVNamespace {
  #name;
  #backend;

  constructor(name, backend) {
    this.#name = name;
    this.#backend = backend;
  }

  async get(key, options) {
    const backend = this.#backend;
    backend.begin();
    checkKey("get", key);
    const type = typeOf(options);
    let value = backend.get(this.#name, key, isBytes(type), false, cacheTtlOf(options));
    if (typeof value === "number") value = await backend.later(value);
    const arrives = backend.advance();
    if (arrives !== undefined) await arrives;
    return convert(value, type, backend);
  }

  async getWithMetadata(key, options) {
    const backend = this.#backend;
    backend.begin();
    checkKey("getWithMetadata", key);
    const type = typeOf(options);
    let found = backend.get(this.#name, key, isBytes(type), true, cacheTtlOf(options));
    if (typeof found === "number") found = await backend.later(found);
    const arrives = backend.advance();
    if (arrives !== undefined) await arrives;
    const [value, metadata] = found ?? [null];
    return { value: convert(value, type, backend), metadata: parse(metadata) ?? null };
  }

  async put(key, value, options) {
    const backend = this.#backend;
    backend.begin();
    checkKey("put", key);
    let content = typeof value === "string" ? value : (bytesOf(value) ?? (await readStream(value, backend)));
    const leaves = backend.depart();
    if (leaves !== undefined) {
      // What the caller does to its bytes meanwhile does not count.
      content = content.slice();
      await leaves;
    }
    const answer = backend.put(this.#name, key, content, putOptions(options));
    if (answer !== undefined) await backend.later(answer);
    const arrives = backend.advance();
    if (arrives !== undefined) await arrives;
  }

  async delete(key) {
    const backend = this.#backend;
    backend.begin();
    checkKey("delete", key);
    const leaves = backend.depart();
    if (leaves !== undefined) await leaves;
    const answer = backend.delete(this.#name, key);
    if (answer !== undefined) await backend.later(answer);
    const arrives = backend.advance();
    if (arrives !== undefined) await arrives;
  }

  async list(options) {
    const backend = this.#backend;
    backend.begin();
    let answer = backend.list(this.#name, listQuery(options));
    if (typeof answer === "number") answer = await backend.later(answer);
    const arrives = backend.advance();
    if (arrives !== undefined) await arrives;
    return pageOf(answer);
  }
}

function checkKey(method, key) {
  if (typeof key !== "string") {
    throw new TypeError(`Failed to execute '${method}' on 'KvNamespace': parameter 1 is not of type 'string'.`);
  }
  if (key === "") throw new TypeError("Key name cannot be empty.");
  if (key === "." || key === "..") throw new TypeError(`"${key}" is not allowed as a key name.`);
}

function typeOf(options) {
  const type = typeof options === "string" ? options : (options?.type ?? "text");
  if (TYPES.has(type)) return type;
  throw new TypeError('Unknown response type. Possible types are "text", "arrayBuffer", "json", and "stream".');
}

const isBytes = (type) => type === "arrayBuffer" || type === "stream";

function cacheTtlOf(options) {
  const ttl = typeof options === "string" ? undefined : options?.cacheTtl;
  return ttl ? String(ttl) : undefined;
}

const parse = (text) => (text === undefined ? undefined : JSON.parse(text));

function convert(value, type, backend) {
  if (value === null || type === "text") return value;
  if (type === "json") return JSON.parse(value);
  return type === "arrayBuffer" ? value.buffer : backend.streamFromSource(sourceOf(value));
}

/** What a stream of these bytes is pulled from. */
function sourceOf(bytes) {
  let rest = bytes.byteLength > 0 ? bytes : null;
  return {
    async pull() {
      const chunk = rest;
      rest = null;
      return chunk;
    },
    cancel() {},
  };
}

/** The bytes of a buffer or a view, which may be of any realm; undefined when it is neither. */
function bytesOf(value) {
  if (ArrayBuffer.isView(value)) return new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
  return Object.prototype.toString.call(value) === "[object ArrayBuffer]" ? new Uint8Array(value) : undefined;
}

/** All bytes of a stream; of one that is too long, enough to say so. */
async function readStream(stream, { valueLimit }) {
  if (typeof stream?.getReader !== "function") {
    const kinds = "strings, ArrayBuffers, ArrayBufferViews, and ReadableStreams";
    throw new TypeError(`KV put() accepts only ${kinds} as values.`);
  }
  const reader = stream.getReader();
  const chunks = [];
  let length = 0;
  while (length <= valueLimit) {
    const { done, value } = await reader.read();
    if (done) return joined(chunks, length);
    const chunk = bytesOf(value);
    if (chunk === undefined) return refuse(reader, value);
    chunks.push(chunk);
    length += chunk.byteLength;
  }
  reader.cancel();
  return joined(chunks, length);
}

function refuse(reader, chunk) {
  const error = new TypeError(
    `KV put() accepts only streams of bytes as values, got a chunk that is ${describe(chunk)}.`,
  );
  reader.cancel(error);
  throw error;
}

const describe = (value) => (typeof value === "string" ? "a string" : Object.prototype.toString.call(value));

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

/** `[metadata, expiration, expirationTtl, shown]`, or undefined when there is nothing to say. */
function putOptions(options) {
  const { expiration, expirationTtl, metadata } = options ?? {};
  if (expiration === undefined && expirationTtl === undefined && metadata === undefined) return undefined;
  const [ttl, time] = [seconds(expirationTtl), seconds(expiration)];
  checkRange(ttl ?? time);
  const shown = ttl === undefined ? expiration : expirationTtl;
  return [JSON.stringify(metadata), time, ttl, String(shown)];
}

function seconds(value) {
  if (typeof value === "string") return Number.parseInt(value, 10);
  return typeof value === "number" ? Math.round(value) : undefined;
}

function checkRange(time) {
  if (!(time < EXPIRATION_MIN || time > EXPIRATION_MAX)) return;
  const range = `${EXPIRATION_MIN} and ${EXPIRATION_MAX}`;
  throw new TypeError(`Value out of range. Must be between ${range} (inclusive).`);
}

function listQuery(options) {
  const { prefix, limit, cursor } = options ?? {};
  return [String(prefix ?? ""), limit === undefined ? undefined : Number(limit), String(limit), String(cursor ?? "")];
}

function pageOf(answer) {
  const [cursor, ...flat] = answer;
  const keys = [];
  for (let index = 0; index < flat.length; index += 3) {
    keys.push({ name: flat[index], expiration: flat[index + 1], metadata: parse(flat[index + 2]) });
  }
  return { keys, cursor, list_complete: cursor === "" };
}

export { KVNamespace };
