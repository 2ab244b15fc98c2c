// What a request's headers become on their way out: what the platform decides is taken away, what it adds is added.

import { core } from "ext:core/mod.js";

const { URL } = core.loadExtScript("ext:deno_web/00_url.js");
const { byteLowerCase, forgivingBase64Encode } = core.loadExtScript("ext:deno_web/00_infra.js");

/** Not the worker's to say. */
const DROPPED = new Set(["host", "cf-connecting-ip", "mf-loop"]);
/** Methods of which a body is expected, so that its absence is said. */
const EXPECTING = new Set(["PUT", "POST", "PATCH"]);

const LOOP = "MF-Loop";

/** Brotli over TLS only: on the way of plain HTTP are proxies that know nothing of it. */
const encodingsOf = (url) => (url.startsWith("https:") ? "br, gzip, deflate" : "gzip, deflate");

function unescaped(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** What a URL says of its user goes into a header, if at all: `{ url, credentials }`. */
export function splitCredentials(href) {
  if (!href.includes("@")) return { url: href };
  const url = new URL(href);
  const { username, password } = url;
  if (username === "" && password === "") return { url: href };
  url.username = url.password = "";
  const text = [username, password].map(unescaped).join(":");
  return { url: url.href, credentials: `Basic ${forgivingBase64Encode(core.encode(text))}` };
}

/**
 * The headers of an inner request as a list of its own.
 * @param depth how deep the event that fetches is nested
 * @param credentials the authorization that the URL names, unless the request has its own
 */
export function outgoingHeaders(inner, depth, credentials) {
  const { method, headerList } = inner;
  const headers = [];
  let authorized = credentials === undefined;
  for (const [name, value] of headerList) {
    const lower = byteLowerCase(name);
    if (DROPPED.has(lower) || (lower === "content-length" && value === "0" && !EXPECTING.has(method))) continue;
    authorized ||= lower === "authorization";
    headers.push([name, value]);
  }
  if (!authorized) headers.push(["authorization", credentials]);
  headers.push([LOOP, String(depth)]);
  return headers;
}

/** Adds the encodings that are understood on the way of a hop, in the place of those of the hop before. */
export function negotiate(hop) {
  const headers = [];
  let encoded = false;
  let ranged = false;
  for (const pair of hop.headers) {
    if (pair === hop.negotiated) continue;
    const lower = byteLowerCase(pair[0]);
    encoded ||= lower === "accept-encoding";
    ranged ||= lower === "range";
    headers.push(pair);
  }
  hop.headers = headers;
  if (encoded) return;
  hop.negotiated = ["accept-encoding", ranged ? "identity" : encodingsOf(hop.url)];
  headers.push(hop.negotiated);
}
