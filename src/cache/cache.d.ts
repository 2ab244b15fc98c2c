// The contract of `cache.js`: caches, each over a backend.

import type * as miniflare from "../../index.d.ts";
import type { Content, WireValue } from "../node/binding/raw.d.ts";

/** What a cache asks of a request; headers are flat: `name\nvalue\nname\nvalue`. */
export interface CacheRequest {
  method: string;
  url: string;
  headers: string;
  cacheKey?: unknown;
}

/** How the entries of caches are reached. Answers that are numbers are those that `later` makes promises of. */
export interface CacheCalls {
  /** For how many milliseconds a response is fresh; `NaN` when it may not be stored. */
  ttl(name: string, url: string, requestHeaders: string, status: number, headers: string): number;
  put(name: string, key: string, ttl: number, status: number, headers: string, body: Content): WireValue;
  /** `[status, headers, body]`, or null when nothing is found. */
  match(name: string, key: string, requestHeaders: string): WireValue;
  delete(name: string, key: string): WireValue;
}

export interface CacheBackend extends CacheCalls {
  /** Called before each use. */
  begin(): void;
  /** Called before something is written; a promise when there is something to wait for. */
  depart(): Promise<void> | undefined | void;
  /** Called after each use; a promise when there is something to wait for. */
  advance(): Promise<void> | undefined | void;
  later(number: number): Promise<WireValue>;
  requestOf(input: unknown): CacheRequest | undefined;
  /** An absolute URL, or null. */
  hrefOf(text: string): string | null;
  isResponse(value: unknown): boolean;
  headersOf(response: globalThis.Response): string;
  bodyOf(response: globalThis.Response): Content | Promise<Content>;
  responseOf(status: number, headers: string, body: Content): miniflare.Response;
}

export interface CacheSettings {
  enabled: boolean;
  warnUsage: boolean;
}

export interface CacheStorageBackend extends CacheBackend {
  /** Code units that the name of a cache may have. */
  nameLimit: number;
  settings(): CacheSettings;
  warn(text: string): void;
  error(code: string, text: string): Error;
}

export class Cache implements miniflare.Cache {
  constructor(name: string, backend: CacheBackend);
  put(request: miniflare.RequestInfo, response: globalThis.Response): Promise<void>;
  match(request: miniflare.RequestInfo, options?: miniflare.CacheQueryOptions): Promise<miniflare.Response | undefined>;
  delete(request: miniflare.RequestInfo, options?: miniflare.CacheQueryOptions): Promise<boolean>;
}

/** What there is instead when caches are switched off. */
export class NoOpCache implements miniflare.Cache {
  put(): Promise<void>;
  match(): Promise<undefined>;
  delete(): Promise<boolean>;
}

export class CacheStorage implements miniflare.CacheStorage {
  constructor(backend: CacheStorageBackend);
  get default(): Cache | NoOpCache;
  open(name: string): Promise<Cache | NoOpCache>;
}
