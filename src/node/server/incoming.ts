// A request that Node's HTTP server has read, as a worker gets it: an absolute URL, the headers that Cloudflare's network adds,
// `cf`, a body and a signal that follows the client.

import type { RequestMeta } from "../../../index.d.ts";
import { ClientSignal, plainAddress } from "./client.ts";
import type { Client } from "./client.ts";
import { ADDED, RAY } from "./incoming-head.ts";
import type { IncomingHead } from "./incoming-head.ts";
import type { IncomingBody } from "./incoming-body.ts";

/** The parts of a request, in the form that a worker's dispatch takes. */
export interface IncomingParts {
  method: string;
  url: string;
  /** Flat: see `src/web/header-text.ts`. */
  headers: string;
  body: Uint8Array | IncomingBody | null;
  cf: undefined;
  /** `request.cf` as JSON: the worker parses it when its script asks. */
  cfText: string;
  redirect: "manual";
  signal: ClientSignal;
  /** What is answered at once comes as parts, without a Response and a promise around them. */
  takesParts: true;
}

/** A request that no worker can be given; the server answers it with this status. */
export class RefusedRequest extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/** Methods that a Request cannot have: https://fetch.spec.whatwg.org/#methods */
const FORBIDDEN = new Set(["CONNECT", "TRACE", "TRACK"]);

/** The first line of a request, and what is behind its head. */
export interface IncomingRequest {
  method: string;
  target: string;
  body: IncomingParts["body"];
}

/**
 * Makes the parts of a request.
 * @param meta what is known about the client; `cfTextOf` gives `request.cf` with the encodings that the client accepts
 * @throws RefusedRequest if its method, its target or its `Host` cannot be a Request's
 */
export function incomingParts(
  { method, target, body }: IncomingRequest,
  head: IncomingHead,
  client: Client,
  meta: RequestMeta,
  cfTextOf: (acceptEncoding: string | undefined) => string,
): IncomingParts {
  if (FORBIDDEN.has(method)) throw new RefusedRequest(405, `Workers cannot receive ${method} requests.`);
  const { href, host } = urlOf(target, client.scheme, head.host);
  return {
    method,
    url: href,
    headers: incomingHeaders(head, host, client, meta),
    body,
    cf: undefined,
    cfText: cfTextOf(head.acceptEncoding),
    redirect: "manual",
    signal: new ClientSignal(),
    takesParts: true,
  };
}

interface KnownUrl {
  href: string;
  host: string;
}

// Clients ask for the same few URLs over and over.
const urls = new Map<string, KnownUrl>();
const MAX_URLS = 1024;
const MAX_LENGTH = 1024;

/**
 * The URL of a request. An absolute target names its host itself; any other is a path, `//x/y` too.
 * @throws RefusedRequest if it cannot be a Request's
 */
export function urlOf(target: string, scheme: string, host = ""): KnownUrl {
  const text = target.startsWith("/")
    ? `${scheme}://${host || "localhost"}${target}`
    : unusualUrl(target, scheme, host);
  return urls.get(text) ?? parseUrl(text, host);
}

/** `http://host/path` as proxies are asked, or `*`. */
function unusualUrl(target: string, scheme: string, host: string): string {
  if (/^https?:\/\//i.test(target)) return target;
  if (/^[a-z][a-z0-9+.-]*:/i.test(target)) {
    throw new RefusedRequest(400, `Invalid URL: ${target}\nWorkers receive requests for http: and https: URLs.`);
  }
  return `${scheme}://${host || "localhost"}/${target}`;
}

/** What would end a host, or put credentials before it. */
const NOT_IN_HOSTS = /[\s/?#\\@]/;

function parseUrl(text: string, host: string): KnownUrl {
  if (NOT_IN_HOSTS.test(host) || !URL.canParse(text)) throw new RefusedRequest(400, `Invalid URL: ${text}`);
  const url = new URL(text);
  if (url.username !== "" || url.password !== "") {
    throw new RefusedRequest(400, "Invalid URL: a request's URL may not hold credentials.");
  }
  url.hash = "";
  const known = { href: url.href, host: url.host };
  if (text.length > MAX_LENGTH) return known;
  if (urls.size === MAX_URLS) urls.clear();
  urls.set(text, known);
  return known;
}

/** The headers of a request with those that Cloudflare's network sets. */
export function incomingHeaders(head: IncomingHead, host: string, client: Client, meta: RequestMeta): string {
  const { made } = head;
  if (made !== undefined && made.meta === meta && made.host === host) return made.text + ray();
  if (head.has?.has(RAY)) return headersButRay(head, host, client, meta);
  const text = `${headersButRay(head, host, client, meta)}\n${RAY}\n`;
  head.made = { text, host, meta };
  return text + ray();
}

function headersButRay({ flat, has }: IncomingHead, host: string, client: Client, meta: RequestMeta): string {
  const proto = meta.forwardedProto ?? client.scheme;
  const address = meta.realIp === undefined ? client.address : plainAddress(meta.realIp);
  const country = typeof meta.cf?.country === "string" ? meta.cf.country : "US";
  const head = `${flat}host\n${host}\naccept-encoding\ngzip`;
  if (has === undefined) {
    return `${head}\nx-forwarded-proto\n${proto}\nx-real-ip\n${address}\ncf-connecting-ip\n${address}\ncf-ipcountry\n${country}\ncf-visitor\n{"scheme":"${proto}"}`;
  }
  const values = [proto, address, address, country, `{"scheme":"${proto}"}`];
  const added = ADDED.map((name, index) => (has.has(name) ? "" : `\n${name}\n${values[index]}`));
  return head + added.join("");
}

const RAY_DIGITS = 16;
const WORD_BYTES = 4;
const random = Buffer.alloc(4096);
let digits = "";
let used = 0;

/** 16 hexadecimal digits, which are no secret: a first request would wait for Node's crypto to be loaded. */
function ray(): string {
  if (used === digits.length) {
    for (let at = 0; at < random.length; at += WORD_BYTES) random.writeUInt32LE(Math.random() * 2 ** 32, at);
    digits = random.toString("hex");
    used = 0;
  }
  used += RAY_DIGITS;
  return digits.slice(used - RAY_DIGITS, used);
}
