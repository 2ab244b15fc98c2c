// Caches from outside the worker: the same class as inside, over the addon.

import { binding } from "../../node/binding/binding.ts";
import { outside } from "../../node/binding/outside.ts";
import { CacheError } from "../../node/errors.ts";
import { isRequest } from "../../node/http/http-request.ts";
import { isResponse, lightResponse, splitResponse } from "../../node/http/http-response.ts";
import { bytesFromSender } from "../../web/node/node-streams.ts";
import { makeFair } from "../../node/instance/fairly.ts";
import { Cache, CacheStorage } from "../cache.ts";
import { textOfHeaders } from "../../web/header-text.ts";
import type { CacheCalls, CacheRequest, CacheSettings, CacheStorageBackend } from "../cache.ts";
import type { Content } from "../../node/binding/exports.d.ts";

makeFair(Cache);

/** The caches; `settings()` gives those of the time. */
function cacheStorage(
  instance: () => number,
  settings: () => CacheSettings,
  warn: (text: string) => void,
): CacheStorage {
  const calls: CacheCalls = {
    ttl: (name, url, requestHeaders, status, headers) =>
      binding.cacheTtl(instance(), name, { url, requestHeaders, status, headers }),
    put: (name, key, ttl, status, headers, body) =>
      binding.cachePut(instance(), name, key, { ttl, status, headers, body }),
    match: (...args) => binding.cacheMatch(instance(), ...args),
    delete: (...args) => binding.cacheDelete(instance(), ...args),
  };
  return new CacheStorage({ ...cacheBackend(calls), settings, warn });
}

/** What a cache is over in Node, with the `calls` that reach its entries. */
function cacheBackend(calls: CacheCalls): Omit<CacheStorageBackend, "settings" | "warn"> {
  return {
    ...outside,
    ...calls,
    requestOf,
    hrefOf: (text) => (URL.canParse(text) ? new URL(text).href : null),
    isResponse,
    headersOf: (response) => textOfHeaders(response.headers),
    bodyOf,
    responseOf: (status, headers, body) => lightResponse({ status, statusText: "", headers, body }),
    nameLimit: binding.cacheNameLimit(),
    error: (code, text) => new CacheError(code, text),
  };
}

/** A request, which may be one of Workers. */
type WithCf = globalThis.Request & { cf?: { cacheKey?: unknown } };

function requestOf(input: unknown): CacheRequest | undefined {
  if (!isRequest(input)) return undefined;
  const { method, url, headers, cf }: WithCf = input;
  return { method, url, headers: textOfHeaders(headers), cacheKey: cf?.cacheKey };
}

async function bodyOf(response: globalThis.Response): Promise<Content> {
  const { body } = splitResponse(response);
  if (body === null) return "";
  if (typeof body === "string" || body instanceof Uint8Array) return body;
  if (typeof body === "function") return bytesFromSender(body);
  return new Uint8Array(await consumers().arrayBuffer(body));
}

const consumers = () => require("node:stream/consumers") as typeof import("node:stream/consumers");

export { cacheBackend, cacheStorage };
