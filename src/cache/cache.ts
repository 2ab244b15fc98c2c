// `Cache` and `CacheStorage`: what users call. One copy runs in the worker (`caches`) and one in Node (`mf.getCaches`),
// each over a backend of its own.

import type * as miniflare from "../../index.d.ts";
import type { Content, WireValue } from "../wire.ts";

/** What a cache asks of a request; headers are flat: `name\nvalue\nname\nvalue`. */
interface CacheRequest {
  method: string;
  url: string;
  headers: string;
  cacheKey?: unknown;
}

/** How the entries of caches are reached. Answers that are numbers are those that `later` makes promises of. */
interface CacheCalls {
  /** For how many milliseconds a response is fresh; `NaN` when it may not be stored. */
  ttl(name: string, url: string, requestHeaders: string, status: number, headers: string): number;
  put(name: string, key: string, ttl: number, status: number, headers: string, body: Content): WireValue;
  /** `[status, headers, body]`, or null when nothing is found. */
  match(name: string, key: string, requestHeaders: string): WireValue;
  delete(name: string, key: string): WireValue;
}

interface CacheBackend extends CacheCalls {
  begin(): void;
  depart(): Promise<unknown> | undefined;
  advance(): Promise<unknown> | undefined;
  later(number: number): Promise<WireValue>;
  requestOf(input: unknown): CacheRequest | undefined;
  hrefOf(text: string): string | null;
  isResponse(value: unknown): boolean;
  headersOf(response: globalThis.Response): string;
  bodyOf(response: globalThis.Response): Content | Promise<Content>;
  responseOf(status: number, headers: string, body: Content): globalThis.Response;
}

interface CacheSettings {
  enabled: boolean;
  warnUsage: boolean;
}

interface CacheStorageBackend extends CacheBackend {
  /** Code units that the name of a cache may have. */
  nameLimit: number;
  settings(): CacheSettings;
  warn(text: string): void;
  error(code: string, text: string): Error;
}

/** What a match answers with. */
type Found = [status: number, headers: string, body: Content];

const DEFAULT = "default";
/** Files of a site are kept where they are. */
const SITE_FILE = /^[^/]*\/\/[^/]*\/\$__MINIFLARE_SITES__\$\//;

/**
 * One cache.
 *
 * The backend has `begin()`, called before each use; `depart()` and `advance()`, called before something is written and
 * after each use, which return a promise when there is something to wait for; `requestOf(input)`, which gives
 * `{ method, url, headers, cacheKey }` of a request, or undefined; `hrefOf(text)`, an absolute URL or null;
 * `isResponse(value)`, `headersOf(response)` and `bodyOf(response)`, text or bytes or a promise of these; `responseOf(
 * status, headers, body)`; `ttl(name, url, requestHeaders, status, headers)`; `put(name, key, ttl, status, headers, body)`,
 * `match(name, key, requestHeaders)` and `delete(name, key)`, which answer with a value or with a number that
 * `later(number)` makes a promise of (see `calls.rs`). Headers are flat: `name\nvalue\nname\nvalue`.
 */
class Cache implements miniflare.Cache {
  #name: string;
  #backend: CacheBackend;

  constructor(name: string, backend: CacheBackend) {
    this.#name = name;
    this.#backend = backend;
  }

  async put(request: miniflare.RequestInfo, response: globalThis.Response) {
    const backend = this.#backend;
    backend.begin();
    const { method, url, headers: requestHeaders, key } = requestOf(request, backend);
    checkStorable(method, response, backend);
    if (SITE_FILE.test(url)) return;
    const status = response.status;
    const headers = backend.headersOf(response);
    const ttl = backend.ttl(this.#name, url, requestHeaders, status, headers);
    if (Number.isNaN(ttl)) return;
    // One that is stale already only takes the place of what was there.
    const body = ttl > 0 ? await backend.bodyOf(response) : "";
    const leaves = backend.depart();
    if (leaves !== undefined) await leaves;
    const answer = backend.put(this.#name, key, ttl, status, headers, body);
    if (answer !== undefined) await backend.later(answer as number);
    const arrives = backend.advance();
    if (arrives !== undefined) await arrives;
  }

  async match(request: miniflare.RequestInfo, options?: miniflare.CacheQueryOptions) {
    const backend = this.#backend;
    backend.begin();
    const { method, headers, key } = requestOf(request, backend);
    if (method !== "GET" && !options?.ignoreMethod) return undefined;
    let found = backend.match(this.#name, key, headers);
    if (typeof found === "number") found = await backend.later(found);
    const arrives = backend.advance();
    if (arrives !== undefined) await arrives;
    return found === null ? undefined : (backend.responseOf(...(found as Found)) as miniflare.Response);
  }

  async delete(request: miniflare.RequestInfo, options?: miniflare.CacheQueryOptions) {
    const backend = this.#backend;
    backend.begin();
    const { method, key } = requestOf(request, backend);
    if (method !== "GET" && !options?.ignoreMethod) return false;
    const leaves = backend.depart();
    if (leaves !== undefined) await leaves;
    let deleted = backend.delete(this.#name, key);
    if (typeof deleted === "number") deleted = await backend.later(deleted);
    const arrives = backend.advance();
    if (arrives !== undefined) await arrives;
    return deleted as boolean;
  }
}

function requestOf(input: unknown, backend: CacheBackend) {
  const request = backend.requestOf(input);
  if (request !== undefined) return { ...request, key: request.cacheKey ? String(request.cacheKey) : request.url };
  const url = backend.hrefOf(String(input));
  if (url !== null) return { method: "GET", url, headers: "", key: url };
  throw new TypeError("Invalid URL. Cache API keys must be fully-qualified, valid URLs.");
}

function checkStorable(method: string, response: globalThis.Response & { webSocket?: unknown }, backend: CacheBackend) {
  if (!backend.isResponse(response)) {
    throw new TypeError("Failed to execute 'put' on 'Cache': parameter 2 is not of type 'Response'.");
  }
  if (response.webSocket) throw new TypeError("Cannot cache WebSocket upgrade response.");
  if (method !== "GET") throw new TypeError("Cannot cache response to non-GET request.");
  if (response.status === 206) {
    throw new TypeError("Cannot cache response to a range request (206 Partial Content).");
  }
  if (response.headers.get("vary")?.includes("*")) {
    throw new TypeError("Cannot cache response with 'Vary: *' header.");
  }
}

/** What there is instead when caches are switched off. */
class NoOpCache implements miniflare.Cache {
  async put() {}

  async match(): Promise<undefined> {}

  async delete() {
    return false;
  }
}

/**
 * The caches of an instance. The backend also has `nameLimit`, `settings()`, which gives `{ enabled, warnUsage }`,
 * `warn(text)`, and `error(code, text)`, a `CacheError`.
 */
class CacheStorage implements miniflare.CacheStorage {
  #backend: CacheStorageBackend;
  #default: Cache | undefined;
  #off: NoOpCache | undefined;
  #warned = false;

  constructor(backend: CacheStorageBackend) {
    this.#backend = backend;
  }

  get default() {
    return this.#open(() => (this.#default ??= new Cache(DEFAULT, this.#backend)));
  }

  async open(name: string) {
    const cache = String(name);
    if (cache === DEFAULT) throw this.#backend.error("ERR_RESERVED", `"${cache}" is a reserved cache name`);
    if (cache.length > this.#backend.nameLimit) throw new TypeError("Cache name is too long.");
    return this.#open(() => new Cache(cache, this.#backend));
  }

  #open(make: () => Cache): Cache | NoOpCache {
    const { enabled, warnUsage } = this.#backend.settings();
    if (!enabled) return (this.#off ??= new NoOpCache());
    if (warnUsage && !this.#warned) {
      this.#warned = true;
      this.#backend.warn("Cache operations will have no impact if you deploy to a workers.dev subdomain!");
    }
    return make();
  }
}

export { Cache, CacheStorage, NoOpCache };
export type { CacheBackend, CacheCalls, CacheRequest, CacheSettings, CacheStorageBackend };
