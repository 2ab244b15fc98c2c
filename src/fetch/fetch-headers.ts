// What a request's headers become on their way out: what the platform decides is taken away, what it adds is added.

import { core } from "ext:core/mod.js";
import { isLengthOf } from "ext:miniflare/web/bodies.ts";
import type { Hop } from "ext:miniflare/web/fetch-seams.ts";
import type { HeaderList, InnerBody, InnerRequest } from "../upstream.d.ts";

const { URL } = core.loadExtScript("ext:deno_web/00_url.js");
const { byteLowerCase, forgivingBase64Encode } = core.loadExtScript("ext:deno_web/00_infra.js");

/** Not the worker's to say. */
const DROPPED = new Set(["host", "cf-connecting-ip", "mf-loop"]);
/** Methods of which a body is expected, so that its absence is said. */
const EXPECTING = new Set(["PUT", "POST", "PATCH"]);

const LOOP = "MF-Loop";

/** A range is one of the bytes themselves. */
const WHOLE = "identity";

/** Brotli over TLS only: on the way of plain HTTP are proxies that know nothing of it. */
const encodingsOf = (url: string) => (url.startsWith("https:") ? "br, gzip, deflate" : "gzip, deflate");

function unescaped(text: string) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** What a URL says of its user goes into a header, if at all: `{ url, credentials }`. */
export function splitCredentials(href: string): { url: string; credentials?: string } {
  if (!href.includes("@")) return { url: href };
  const url = new URL(href);
  const { username, password } = url;
  if (username === "" && password === "") return { url: href };
  url.username = url.password = "";
  const text = [username, password].map(unescaped).join(":");
  return { url: url.href, credentials: `Basic ${forgivingBase64Encode(core.encode(text))}` };
}

/** Whether a length is not said: a body is as long as it is, and where none is expected, its absence is no news. */
function isIdle(method: string, length: string, body: InnerBody | null) {
  return (length === "0" && !EXPECTING.has(method)) || !isLengthOf(length, body);
}

/**
 * The headers of an inner request as a list of its own, and the one of them that names encodings, if it is ours.
 * @param url where they go
 * @param depth how deep the event that fetches is nested
 * @param credentials the authorization that the URL names, unless the request has its own
 */
export function outgoingHeaders(
  { method, headerList, body }: InnerRequest,
  url: string,
  depth: number,
  credentials: string | undefined,
): Pick<Hop, "headers" | "encodings"> {
  const headers: HeaderList = [];
  let authorized = credentials === undefined;
  let encoded = false;
  let ranged = false;
  for (const [name, value] of headerList) {
    const lower = byteLowerCase(name);
    if (DROPPED.has(lower) || (lower === "content-length" && isIdle(method, value, body))) continue;
    authorized ||= lower === "authorization";
    encoded ||= lower === "accept-encoding";
    ranged ||= lower === "range";
    headers.push([name, value]);
  }
  if (!authorized) headers.push(["authorization", credentials as string]);
  headers.push([LOOP, String(depth)]);
  if (encoded) return { headers };
  const encodings: Hop["encodings"] = ["accept-encoding", ranged ? WHOLE : encodingsOf(url)];
  headers.push(encodings);
  return { headers, encodings };
}

/** After a redirect, the encodings are those that are understood on the way of the hop that follows. */
export function negotiate({ url, encodings }: Hop) {
  if (encodings !== undefined && encodings[1] !== WHOLE) encodings[1] = encodingsOf(url);
}
