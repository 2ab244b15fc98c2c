// The caches of this worker, over the ops of its instance.

import { core } from "ext:core/mod.js";
import {
  op_cache_delete,
  op_cache_match,
  op_cache_name_limit,
  op_cache_put,
  op_cache_ttl,
  op_later,
} from "ext:core/ops";
import { Request } from "ext:miniflare/web/request-class.js";
import { bodyToWire } from "ext:miniflare/web/wire-body.js";
import { advance, countSubrequest, depart, requireContext } from "ext:miniflare/realm/context.js";
import { miniflareError } from "ext:miniflare/realm/realm-errors.js";
import { load } from "ext:miniflare/realm/lazy.js";
import { HOST, host } from "ext:miniflare/realm/port.js";
import { arrivingResponse, getCf, headerText, isResponse, responseFromWire } from "ext:miniflare/web/wire-request.js";

const { toInnerRequest } = core.loadExtScript("ext:deno_fetch/23_request.js");
const { nullBodyStatus, toInnerResponse } = core.loadExtScript("ext:deno_fetch/23_response.js");
const { URL } = core.loadExtScript("ext:deno_web/00_url.js");

/** What holds for `caches`: `{ enabled, warnUsage }`. */
let settings;

const backend = {
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
    if (body.streamOrStatic.body !== undefined) return bodyToWire(body);
    return new Uint8Array(await response.arrayBuffer());
  },
  responseOf: (status, headers, body) =>
    arrivingResponse(responseFromWire([status, "", headers, nullBodyStatus(status) ? null : body])),
  ttl: (_name, ...args) => op_cache_ttl(...args),
  put: op_cache_put,
  match: op_cache_match,
  delete: op_cache_delete,
  later: op_later,
  nameLimit: op_cache_name_limit(),
  settings: () => settings,
  warn: (text) => host(HOST.WARN, text),
  error: (code, text) => miniflareError("CacheError", code, text),
};

export const configure = (chosen) => void (settings = chosen);

let caches;

/** The global `caches`, made when it is first asked for. */
export function getCaches() {
  caches ??= new (load("ext:miniflare/cache/cache.js").CacheStorage)(backend);
  return caches;
}
