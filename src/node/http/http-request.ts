// Requests: the class users construct, and the split of whatever `dispatchFetch` was called with into what the addon
// takes. The usual call, a URL and a plain init, never constructs Node's Request, which costs as much as the dispatch.

import { addType, announceLength, bodyInMemory, requireFormType, takeBody } from "./http-body.ts";
import { streamOfForeign, textOfForm } from "./form.ts";
import { parseHeaders, withGetAll, withOurClass } from "./flat-headers.ts";
import { plainHeaders } from "./plain-headers.ts";
import { extendLater, web } from "./fetch-classes.ts";
import { streamFromSender } from "../../web/node/node-streams.ts";
import { textOfHeaders } from "../../web/header-text.ts";
import type { BodyContent } from "./http-body.ts";
import type { TypedBody } from "./form.ts";
import type { FormData, Headers } from "./flat-headers.ts";
import type { RequestInfo, RequestInit } from "../../../index.d.ts";

/** What comes with a request: Node knows how it is sent, and Workers what is known of it. */
type GivenInit = RequestInit & { duplex?: "half" };
type Cf = Record<string, unknown>;

/** A request in the form that the addon takes, as `splitRequest` makes it. */
/** What a lane needs of a signal: an `AbortSignal` has it, and so has the signal of a server's client. */
export interface FollowedSignal {
  readonly aborted: boolean;
  readonly reason: unknown;
  addEventListener(type: "abort", listener: () => void, options?: { once: boolean }): void;
  removeEventListener(type: "abort", listener: () => void): void;
  /** Has `end` called when the request is answered; a signal without it lives as long as its owner keeps it. */
  endsWith?(end: () => void): void;
}

export interface RequestParts {
  method: string;
  /** An absolute URL. */
  url: string;
  /** Flat: see `src/web/header-text.ts`. */
  headers: string;
  body: BodyContent;
  /** What JSON can represent. */
  cf?: Cf;
  redirect?: RequestRedirect;
  signal?: FollowedSignal | null;
  /** JSON of `cf`, of a caller that has many requests with the same. */
  cfText?: string | undefined;
  /** Whether the caller takes a response that is there at once as parts, without a promise. */
  takesParts?: boolean;
  /** `[depth, pipelineDepth]` of a request that a worker makes. */
  nesting?: [depth: number, pipelineDepth: number];
}

// The words of Node's own Request.
const ALREADY_USED = "Cannot construct a Request with a Request object that has already been used.";

// The text a Request was made of, or undefined: it can be handed on without reading the stream.
let textOf: (request: object) => string | undefined;

class Request extends (Object as unknown as typeof globalThis.Request) {
  #cf: Cf | undefined;
  #text: string | undefined;

  constructor(input: RequestInfo, init: GivenInit | undefined = undefined) {
    const foreign = streamOfForeign(init?.body);
    super(...nodeArguments(input, foreign === undefined ? init : { ...init, body: foreign[0] }));
    if (foreign !== undefined) addType(super.headers, foreign);
    this.#cf = cloneCf(init?.cf ?? (isRequest(input) ? (input as { cf?: Cf }).cf : undefined));
    this.#text = typeof init?.body === "string" ? init.body : inheritedText(input, init);
    announceLength(this, init?.body);
  }

  static {
    extendLater(Request, "Request");
    textOf = (request) => (#text in request ? request.#text : undefined);
  }

  get cf(): Cf | undefined {
    return this.#cf;
  }

  override get headers(): Headers {
    return withGetAll(super.headers);
  }

  // Node's makes objects of its own realm.
  override async json() {
    return JSON.parse(await super.text());
  }

  override async formData(): Promise<FormData> {
    requireFormType(this.headers);
    return withOurClass(await super.formData());
  }

  override clone(): Request {
    const copy = new Request(super.clone(), { cf: this.#cf });
    copy.#text = this.#text;
    return copy;
  }
}

function inheritedText(input: RequestInfo, init: GivenInit | undefined): string | undefined {
  return input instanceof web.Request && (init?.body ?? null) === null ? textOf(input) : undefined;
}

function cloneCf(cf: unknown): Cf | undefined {
  return cf ? JSON.parse(JSON.stringify(cf)) : undefined;
}

// Node's Request knows only its own kind, and wants to be told that a stream is sent half-duplex.
function nodeArguments(
  input: RequestInfo,
  init: GivenInit | undefined,
): [input: RequestInfo, init: GivenInit | undefined] {
  if (!isRequest(input) || isNodes(input)) return [input, withDuplex(init)];
  return [input.url, withDuplex({ ...foreignInit(input, init), ...definedOnly(init) })];
}

function withDuplex(init: GivenInit | undefined): GivenInit | undefined {
  const isStream = typeof (init?.body as Partial<AsyncIterable<unknown>>)?.[Symbol.asyncIterator] === "function";
  return isStream && init?.duplex === undefined ? { ...init, duplex: "half" } : init;
}

function foreignInit(request: globalThis.Request, init: GivenInit | undefined): GivenInit {
  const { method, redirect, signal } = request;
  const body = (init?.body ?? null) === null ? takeBody(request, undefined, ALREADY_USED) : null;
  return { method, redirect, body, headers: [...request.headers], ...(signal instanceof AbortSignal && { signal }) };
}

function definedOnly(init: GivenInit | undefined): GivenInit {
  return Object.fromEntries(Object.entries(init ?? {}).filter(([, value]) => value !== undefined));
}

const isNodes = (value: unknown): boolean => value instanceof web.Request;

/** Node's, ours, or one of another realm or library that has what a Request has. */
function isRequest(value: unknown): value is globalThis.Request {
  if (isNodes(value)) return true;
  if (typeof value !== "object" || value === null) return false;
  const request: Partial<globalThis.Request> = value;
  if (!("body" in request)) return false;
  if (typeof request.url !== "string" || typeof request.method !== "string") return false;
  return typeof request.headers?.[Symbol.iterator] === "function";
}

const METHODS = new Map<string | undefined, string>(
  ["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS"].map((method) => [method, method]),
);
for (const method of [...METHODS.values()]) METHODS.set(method.toLowerCase(), method);
METHODS.set("PATCH", "PATCH").set(undefined, "GET");

const REDIRECTS = new Map<RequestRedirect | undefined, RequestRedirect>([
  ["follow", "follow"],
  ["manual", "manual"],
  ["error", "error"],
  [undefined, "follow"],
]);
const PLAIN_KEYS = new Set<string>(["method", "headers", "body", "cf", "redirect", "signal"]);

/**
 * What `new Request(input, init)` would hold, in the form that the addon takes: an absolute `url`, flat `headers` (see
 * header-text.ts), and a `body` that is null, a string, bytes (a view of the caller's memory) or a byte stream.
 */
function splitRequest(input: RequestInfo, init?: RequestInit | null): RequestParts {
  return splitPlain(input, init) ?? splitBuilt(input, init);
}

// Null when it takes Node's Request to say what the arguments mean, or what is wrong with them.
function splitPlain(input: RequestInfo, init: RequestInit | null | undefined): RequestParts | null {
  const url = plainUrl(input);
  if (url === null) return null;
  if (init === undefined || init === null) return plainParts("GET", url, "", null, undefined, "follow", null);
  if (!isPlainInit(init)) return null;
  const method = METHODS.get(init.method);
  const redirect = REDIRECTS.get(init.redirect);
  const signal = init.signal ?? null;
  if (method === undefined || redirect === undefined || !(signal === null || signal instanceof AbortSignal))
    return null;
  const [body, type] = plainBody(init.body ?? null);
  if (body === undefined || (body !== null && (method === "GET" || method === "HEAD"))) return null;
  const headers = plainHeaders(init.headers, type);
  return headers === null ? null : plainParts(method, url, headers, body, cloneCf(init.cf), redirect, signal);
}

function plainParts(
  method: string,
  url: string,
  headers: string,
  body: BodyContent,
  cf: Cf | undefined,
  redirect: RequestRedirect,
  signal: AbortSignal | null,
): RequestParts {
  return { method, url, headers, body, cf, redirect, signal };
}

function isPlainInit(init: RequestInit): boolean {
  if (typeof init !== "object" || Object.getPrototypeOf(init) !== Object.prototype) return false;
  for (const key in init) if (!PLAIN_KEYS.has(key)) return false;
  return true;
}

/** A body in memory, undefined for one that is not, and the content type that it has by itself. */
function plainBody(body: unknown): TypedBody<BodyContent | undefined> {
  if (body === null) return [null, null];
  if (typeof body === "string") return [body, "text/plain;charset=UTF-8"];
  if (body instanceof URLSearchParams) return [String(body), "application/x-www-form-urlencoded;charset=UTF-8"];
  return textOfForm(body) ?? streamOfForeign(body) ?? [bodyInMemory(body), null];
}

// Tests ask for the same few URLs over and over.
const urls = new Map<string, string>();
const MAX_URLS = 256;

function plainUrl(input: unknown): string | null {
  if (typeof input === "string") return urls.get(input) ?? rememberedUrl(input);
  return input instanceof URL ? hrefOf(input) : null;
}

function rememberedUrl(input: string): string | null {
  if (!URL.canParse(input)) return null;
  const href = hrefOf(new URL(input));
  if (href === null || input.length > 2048) return href;
  if (urls.size === MAX_URLS) urls.clear();
  urls.set(input, href);
  return href;
}

// A request may not hold credentials in its URL.
function hrefOf(url: URL): string | null {
  return url.username === "" && url.password === "" ? url.href : null;
}

function splitBuilt(input: RequestInfo, init: RequestInit | null | undefined): RequestParts {
  const hasInit = init !== undefined && init !== null;
  const isGiven = input instanceof web.Request && !hasInit;
  const request: globalThis.Request & { cf?: Cf } = isGiven ? input : new Request(input, init ?? undefined);
  const { method, url, redirect } = request;
  const body = (hasInit ? bodyInMemory(init.body) : undefined) ?? takeBody(request, textOf(request), ALREADY_USED);
  const signal = isRequest(input) || init?.signal ? request.signal : null;
  return { method, url, headers: textOfHeaders(request.headers), body, cf: request.cf, redirect, signal };
}

/** The request of such parts; a body may be a function by which a stream is read, too. */
function buildRequest({ method, url, headers, body: content, cf, redirect, signal }: RequestParts): Request {
  const body = typeof content === "function" ? streamFromSender(content) : (content as BodyInit | null);
  const init = { method, headers: parseHeaders(headers), body, cf, redirect, signal: signal as AbortSignal | null };
  return new Request(url, init);
}

export { buildRequest, isRequest, Request, splitRequest };
