// Redirects, as the fetch standard has them: where the next hop goes, and what of the request goes with it.

import { core } from "ext:core/mod.js";
import type { Answer, Hop } from "ext:miniflare/web/fetch-seams.ts";
import type { HeaderList } from "../upstream.d.ts";

const { URL } = core.loadExtScript("ext:deno_web/00_url.js");
const { byteLowerCase } = core.loadExtScript("ext:deno_web/00_infra.js");
const { extractBody } = core.loadExtScript("ext:deno_fetch/22_body.js");
const { redirectStatus } = core.loadExtScript("ext:deno_fetch/23_response.js");

/** Redirects that a fetch follows: <https://fetch.spec.whatwg.org/#http-redirect-fetch> */
const MOST_REDIRECTS = 20;

/** Headers that speak of the body. */
const OF_THE_BODY = new Set([
  "content-encoding",
  "content-language",
  "content-length",
  "content-location",
  "content-type",
]);
/** Headers that are for one origin only. */
const OF_THE_ORIGIN = new Set(["authorization", "cookie", "proxy-authorization"]);

/** The hop that an answer redirects to; undefined when it is the answer to the fetch. */
export function nextHop(hop: Hop, answer: Answer, mode: RequestRedirect, hops: number) {
  if (!redirectStatus(answer.status) || mode === "manual") return undefined;
  if (mode === "error") {
    throw failure(`unexpected redirect: ${hop.url} answered with status ${answer.status}, and \`redirect\` is "error"`);
  }
  const location = answer.headers.find(([name]) => byteLowerCase(name) === "location")?.[1];
  if (location === undefined) return undefined;
  const url = targetOf(hop.url, location);
  if (hops > MOST_REDIRECTS) throw failure(`redirect count exceeded: ${hop.url} is redirected after ${MOST_REDIRECTS}`);
  const next = becomesGet(hop.method, answer.status) ? asGet(hop) : again(hop, answer.status);
  if (url.origin !== new URL(hop.url).origin) next.headers = without(next.headers, OF_THE_ORIGIN);
  next.url = url.href;
  return next;
}

function targetOf(from: string, location: string) {
  const base = new URL(from);
  const url = URL.parse(escaped(location), from);
  if (url === null) throw failure(`${from} is redirected to an invalid URL: ${location}`);
  if (url.protocol !== "http:" && url.protocol !== "https:") {
    throw failure(`URL scheme must be a HTTP(S) scheme: ${from} is redirected to ${url.href}`);
  }
  if (url.hash === "") url.hash = base.hash;
  url.username = url.password = "";
  return url;
}

/** Bytes beyond ASCII, which servers write as they are, mean what they mean in a URL: UTF-8, whatever they are in a header. */
const escaped = (location: string) =>
  location.replace(/[\x80-\xff]/g, (byte) => `%${byte.charCodeAt(0).toString(16).toUpperCase()}`);

function becomesGet(method: string, status: number) {
  if (status === 301 || status === 302) return method === "POST";
  return status === 303 && method !== "GET" && method !== "HEAD";
}

function asGet(hop: Hop): Hop {
  const headers = without(hop.headers, OF_THE_BODY);
  return { ...hop, method: "GET", headers, body: null, length: null, source: null };
}

function again(hop: Hop, status: number): Hop {
  if (hop.body === null) return { ...hop };
  if (hop.source === null && status !== 303) {
    const text = `A request with a one-time-use body (it was initialized from a stream, not a buffer) encountered a redirect requiring the body to be retransmitted (${status} from ${hop.url}). To avoid this error in the future, construct this request from a buffer-like body initializer.`;
    throw failure(text);
  }
  const held = extractBody(hop.source).body.streamOrStatic;
  return { ...hop, body: held.body ?? (held as ReadableStream) };
}

const without = (headers: HeaderList, names: ReadonlySet<string>) =>
  headers.filter(([name]) => !names.has(byteLowerCase(name)));

const failure = (text: string) => new TypeError("fetch failed", { cause: new Error(text) });
