// The caches of this worker, over the ops of its instance.

import { core } from "ext:core/mod.js";
import { op_cache_delete, op_cache_match, op_cache_name_limit, op_cache_put, op_cache_ttl } from "ext:core/ops";
import { Request } from "ext:miniflare/web/request-class.ts";
import { bodyToWire } from "ext:miniflare/web/wire-body.ts";
import { advance, countSubrequest, depart, requireContext } from "ext:miniflare/realm/context.ts";
import { later } from "ext:miniflare/realm/waits.ts";
import { miniflareError } from "ext:miniflare/realm/realm-errors.ts";
import { load } from "ext:miniflare/realm/lazy.ts";
import { HOST, host } from "ext:miniflare/realm/port.ts";
import { arrivingResponse, getCf, headerText, isResponse, responseFromWire } from "ext:miniflare/web/wire-request.ts";
import type { Content } from "../wire.ts";
import type { CacheSettings, CacheStorage, CacheStorageBackend } from "./cache.ts";

const { toInnerRequest } = core.loadExtScript("ext:deno_fetch/23_request.js");
const { nullBodyStatus, toInnerResponse } = core.loadExtScript("ext:deno_fetch/23_response.js");
const { URL } = core.loadExtScript("ext:deno_web/00_url.js");

declare module "../upstream.d.ts" {
  interface LazyScripts {
    "ext:miniflare/cache/cache.ts": typeof import("./cache.ts");
  }
}

/** What holds for `caches`: `{ enabled, warnUsage }`. */
let settings: CacheSettings;

const backend: CacheStorageBackend = {
  begin() {
    requireContext("globalAsyncIO");
    countSubrequest();
  },
  depart,
  advance,
  requestOf(input) {
    if (typeof input !== "object" || !(input instanceof Request)) return undefined;
    const inner = toInnerRequest(input);
    const headers = headerText(inner);
    return { method: inner.method, url: inner.url(), headers, cacheKey: getCf(input)?.cacheKey };
  },
  hrefOf: (text) => URL.parse(text)?.href ?? null,
  isResponse,
  headersOf: (response) => headerText(toInnerResponse(response)),
  async bodyOf(response) {
    const { body } = toInnerResponse(response);
    if (body === null) return "";
    if ((body.streamOrStatic.body as unknown) !== undefined) return bodyToWire(body) as Content;
    return new Uint8Array(await response.arrayBuffer());
  },
  responseOf: (status, headers, body) =>
    arrivingResponse(responseFromWire([status, "", headers, nullBodyStatus(status) ? null : body])),
  ttl: (_name, ...args) => op_cache_ttl(...args),
  put: op_cache_put,
  match: op_cache_match,
  delete: op_cache_delete,
  later,
  nameLimit: op_cache_name_limit(),
  settings: () => settings,
  warn: (text) => host(HOST.WARN, text),
  error: (code, text) => miniflareError("CacheError", code, text),
};

export const configure = (chosen: CacheSettings) => void (settings = chosen);

let caches: CacheStorage | undefined;

/** The global `caches`, made when it is first asked for. */
export function getCaches() {
  caches ??= new (load("ext:miniflare/cache/cache.ts").CacheStorage)(backend);
  return caches;
}
