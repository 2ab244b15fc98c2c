// What a request's headers become on their way out: what the platform decides is taken away, what it adds is added.

import { core } from "ext:core/mod.js";

const { byteLowerCase } = core.loadExtScript("ext:deno_web/00_infra.js");

/** Not the worker's to say. */
const DROPPED = new Set(["host", "cf-connecting-ip", "mf-loop"]);
/** Methods of which a body is expected, so that its absence is said. */
const EXPECTING = new Set(["PUT", "POST", "PATCH"]);

const LOOP = "MF-Loop";

/** Brotli over TLS only: on the way of plain HTTP are proxies that know nothing of it. */
const encodingsOf = (url) => (url.startsWith("https:") ? "br, gzip, deflate" : "gzip, deflate");

/** The headers of an inner request as a list of its own; `depth` is how deep the event that fetches is nested. */
export function outgoingHeaders(inner, depth) {
  const { method, headerList } = inner;
  const headers = [];
  let encoded = false;
  let ranged = false;
  for (const [name, value] of headerList) {
    const lower = byteLowerCase(name);
    if (DROPPED.has(lower) || (lower === "content-length" && value === "0" && !EXPECTING.has(method))) continue;
    encoded ||= lower === "accept-encoding";
    ranged ||= lower === "range";
    headers.push([name, value]);
  }
  headers.push([LOOP, String(depth)]);
  if (!encoded) headers.push(["accept-encoding", ranged ? "identity" : encodingsOf(inner.url())]);
  return headers;
}
