// `KVNamespace`: what users call. One copy runs in the worker (`env.NAME`) and one in Node (`mf.getKVNamespace`), each
// over a backend of its own.

import { joined } from "../web/chunks.ts";
import type * as miniflare from "../../index.d.ts";
import type { Content, WireValue } from "../wire.ts";

/** `[metadata, expiration, expirationTtl, shown]`. */
type KVStoring = [
  metadata: string | undefined,
  expiration: number | undefined,
  expirationTtl: number | undefined,
  shown: string,
];
/** `[prefix, limit, shown, cursor]`. */
type KVQuery = [prefix: string, limit: number | undefined, shown: string, cursor: string];

/** How the entries of namespaces are reached. Answers that are numbers are those that `later` makes promises of. */
interface KVCalls {
  /** The value, as bytes or as text, or null; with `metadata` a list of both. */
  get(name: string, key: string, bytes: boolean, metadata: boolean, cacheTtl: string | undefined): WireValue;
  put(name: string, key: string, value: Content, options: KVStoring | undefined): WireValue;
  delete(name: string, key: string): WireValue;
  /** `[cursor, name, expiration, metadata, ...]`. */
  list(name: string, query: KVQuery): WireValue;
}

interface KVBackend extends KVCalls {
  begin(): void;
  depart(): Promise<unknown> | undefined;
  advance(): Promise<unknown> | undefined;
  later(number: number): Promise<WireValue>;
  streamFromSource(source: { pull(): Promise<Uint8Array | null>; cancel(): void }): ReadableStream<Uint8Array>;
  /** Bytes that a value may have. */
  valueLimit: number;
}

/** Options as code may give them. */
type Get<Type extends miniflare.KVType> = Type | miniflare.KVGetOptions<Type>;
type GetOptions = { type?: unknown; cacheTtl?: unknown } | string | null | undefined;
/** A value with its metadata, as it arrives. */
type Found = [value: StoredValue, metadata?: string];
type StoredValue = string | Uint8Array<ArrayBuffer> | null;

const TYPES: ReadonlySet<unknown> = new Set(["text", "json", "arrayBuffer", "stream"]);
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
class KVNamespace implements miniflare.KVNamespace {
  #name: string;
  #backend: KVBackend;

  constructor(name: string, backend: KVBackend) {
    this.#name = name;
    this.#backend = backend;
  }

  get(key: string, options?: Get<"text">): Promise<string | null>;
  get<Value = unknown>(key: string, options: Get<"json">): Promise<Value | null>;
  get<Type extends miniflare.KVType>(key: string, options: Get<Type>): Promise<miniflare.KVValues[Type] | null>;
  async get(key: string, options?: GetOptions) {
    const backend = this.#backend;
    backend.begin();
    checkKey("get", key);
    const type = typeOf(options);
    let value = backend.get(this.#name, key, isBytes(type), false, cacheTtlOf(options));
    if (typeof value === "number") value = await backend.later(value);
    const arrives = backend.advance();
    if (arrives !== undefined) await arrives;
    return convert(value as StoredValue, type, backend);
  }

  getWithMetadata<Metadata = unknown>(
    key: string,
    options?: Get<"text">,
  ): Promise<{ value: string | null; metadata: Metadata | null }>;
  getWithMetadata<Metadata = unknown, Type extends miniflare.KVType = "text">(
    key: string,
    options: Get<Type>,
  ): Promise<{ value: miniflare.KVValues[Type] | null; metadata: Metadata | null }>;
  async getWithMetadata(key: string, options?: GetOptions) {
    const backend = this.#backend;
    backend.begin();
    checkKey("getWithMetadata", key);
    const type = typeOf(options);
    let found = backend.get(this.#name, key, isBytes(type), true, cacheTtlOf(options));
    if (typeof found === "number") found = await backend.later(found);
    const arrives = backend.advance();
    if (arrives !== undefined) await arrives;
    const [value, metadata] = (found as Found | null) ?? [null];
    return { value: convert(value, type, backend), metadata: parse(metadata) ?? null };
  }

  async put(
    key: string,
    value: string | ArrayBuffer | ArrayBufferView | ReadableStream<Uint8Array>,
    options?: miniflare.KVPutOptions,
  ) {
    const backend = this.#backend;
    backend.begin();
    checkKey("put", key);
    let content =
      typeof value === "string" ? value : (bytesOf(value) ?? (await readStream(value as ReadableStream, backend)));
    const leaves = backend.depart();
    if (leaves !== undefined) {
      // What the caller does to its bytes meanwhile does not count.
      content = content.slice();
      await leaves;
    }
    const answer = backend.put(this.#name, key, content, putOptions(options));
    if (answer !== undefined) await backend.later(answer as number);
    const arrives = backend.advance();
    if (arrives !== undefined) await arrives;
  }

  async delete(key: string) {
    const backend = this.#backend;
    backend.begin();
    checkKey("delete", key);
    const leaves = backend.depart();
    if (leaves !== undefined) await leaves;
    const answer = backend.delete(this.#name, key);
    if (answer !== undefined) await backend.later(answer as number);
    const arrives = backend.advance();
    if (arrives !== undefined) await arrives;
  }

  async list<Metadata = unknown>(options?: miniflare.KVListOptions) {
    const backend = this.#backend;
    backend.begin();
    let answer = backend.list(this.#name, listQuery(options));
    if (typeof answer === "number") answer = await backend.later(answer);
    const arrives = backend.advance();
    if (arrives !== undefined) await arrives;
    return pageOf<Metadata>(answer as [cursor: string, ...flat: WireValue[]]);
  }
}

function checkKey(method: string, key: unknown) {
  if (typeof key !== "string") {
    throw new TypeError(`Failed to execute '${method}' on 'KvNamespace': parameter 1 is not of type 'string'.`);
  }
  if (key === "") throw new TypeError("Key name cannot be empty.");
  if (key === "." || key === "..") throw new TypeError(`"${key}" is not allowed as a key name.`);
}

function typeOf(options: GetOptions) {
  const type = typeof options === "string" ? options : (options?.type ?? "text");
  if (TYPES.has(type)) return type as miniflare.KVType;
  throw new TypeError('Unknown response type. Possible types are "text", "arrayBuffer", "json", and "stream".');
}

const isBytes = (type: miniflare.KVType) => type === "arrayBuffer" || type === "stream";

function cacheTtlOf(options: GetOptions) {
  const ttl = typeof options === "string" ? undefined : options?.cacheTtl;
  return ttl ? String(ttl) : undefined;
}

const parse = (text: string | undefined) => (text === undefined ? undefined : JSON.parse(text));

function convert(value: StoredValue, type: miniflare.KVType, backend: KVBackend) {
  if (value === null || type === "text") return value;
  if (type === "json") return JSON.parse(value as string);
  return type === "arrayBuffer"
    ? (value as Uint8Array).buffer
    : backend.streamFromSource(sourceOf(value as Uint8Array));
}

/** What a stream of these bytes is pulled from. */
function sourceOf(bytes: Uint8Array) {
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
function bytesOf(value: unknown) {
  if (ArrayBuffer.isView(value)) return new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
  return Object.prototype.toString.call(value) === "[object ArrayBuffer]"
    ? new Uint8Array(value as ArrayBuffer)
    : undefined;
}

/** All bytes of a stream; of one that is too long, enough to say so. */
async function readStream(stream: Partial<ReadableStream> | null | undefined, { valueLimit }: KVBackend) {
  if (typeof stream?.getReader !== "function") {
    const kinds = "strings, ArrayBuffers, ArrayBufferViews, and ReadableStreams";
    throw new TypeError(`KV put() accepts only ${kinds} as values.`);
  }
  const reader = stream.getReader();
  const chunks: Uint8Array[] = [];
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

function refuse(reader: ReadableStreamDefaultReader, chunk: unknown): never {
  const error = new TypeError(
    `KV put() accepts only streams of bytes as values, got a chunk that is ${describe(chunk)}.`,
  );
  reader.cancel(error);
  throw error;
}

const describe = (value: unknown): string =>
  typeof value === "string" ? "a string" : Object.prototype.toString.call(value);

/** `[metadata, expiration, expirationTtl, shown]`, or undefined when there is nothing to say. */
function putOptions(options: miniflare.KVPutOptions | undefined): KVStoring | undefined {
  const { expiration, expirationTtl, metadata } = options ?? {};
  if (expiration === undefined && expirationTtl === undefined && metadata === undefined) return undefined;
  const [ttl, time] = [seconds(expirationTtl), seconds(expiration)];
  checkRange(ttl ?? time);
  const shown = ttl === undefined ? expiration : expirationTtl;
  return [JSON.stringify(metadata), time, ttl, String(shown)];
}

function seconds(value: unknown) {
  if (typeof value === "string") return Number.parseInt(value, 10);
  return typeof value === "number" ? Math.round(value) : undefined;
}

function checkRange(time: number | undefined) {
  if (!((time as number) < EXPIRATION_MIN || (time as number) > EXPIRATION_MAX)) return;
  const range = `${EXPIRATION_MIN} and ${EXPIRATION_MAX}`;
  throw new TypeError(`Value out of range. Must be between ${range} (inclusive).`);
}

function listQuery(options: miniflare.KVListOptions | undefined): KVQuery {
  const { prefix, limit, cursor } = options ?? {};
  return [String(prefix ?? ""), limit === undefined ? undefined : Number(limit), String(limit), String(cursor ?? "")];
}

function pageOf<Metadata>(answer: [cursor: string, ...flat: WireValue[]]): miniflare.KVListResult<Metadata> {
  const [cursor, ...flat] = answer;
  const keys: miniflare.KVListResult<Metadata>["keys"] = [];
  for (let index = 0; index < flat.length; index += 3) {
    keys.push({
      name: flat[index] as string,
      expiration: flat[index + 1] as number | undefined,
      metadata: parse(flat[index + 2] as string | undefined),
    });
  }
  return { keys, cursor, list_complete: cursor === "" };
}

export { KVNamespace };
export type { KVBackend, KVCalls, KVQuery, KVStoring };
