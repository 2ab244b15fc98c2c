// A request of a worker as a mock sees it. What only some matchers look at is made when one does.

import { Blob } from "node:buffer";
import type { MockCall, MockRequestOptions } from "../../../index.d.ts";
import { streamFromSource } from "../../web/node/node-streams.ts";
import type { WireValue } from "../../node/binding/raw.d.ts";
import { chain, lowerCaseNames, sortQuery } from "./matching.ts";
import type { Awaitable, Found } from "./matching.ts";
import { headersOfText } from "../../web/header-text.ts";

/** Text or bytes. */
export type Content = string | Uint8Array<ArrayBuffer>;

/** A body that is not in memory: a "stream" or a "blob", which a form is too. */
export interface BodySource {
  kind: "stream" | "blob";
  /** All of its bytes. */
  drain(): Promise<Uint8Array<ArrayBuffer>>;
  /** What its bytes are pulled from; missing where the request goes on as it came. */
  source?(): Parameters<typeof streamFromSource>[0];
}

/** Methods that say so when they have no body. */
const EXPECTING = new Set(["PUT", "POST"]);

class MockRequest {
  /** Ends what answers the request, for a reason; undefined where there is nothing to end. */
  callOff: ((reason?: unknown) => void) | undefined;
  /** What the addon has found for it in the worker's turn, as `search` takes it. */
  found: Found | undefined;
  declare readonly url: string;
  declare readonly origin: string;
  declare readonly path: string;
  declare readonly method: string;
  #headerText: string;
  #length: number | null;
  #body: Content | null | undefined;
  #stream: BodySource | undefined;
  #kind: BodySource["kind"] | undefined;
  #headers: Record<string, string> | undefined;
  #lowerCase: Record<string, string> | undefined;
  #sorted: string | undefined;

  /**
   * @param headers flat, names as they were written
   * @param length of the body in bytes, or null when only reading it will tell, and for streams
   */
  constructor(method: string, url: string, headers: string, length: number | null, body: Content | BodySource | null) {
    this.url = url;
    [this.origin, this.path] = splitUrl(url);
    this.method = method;
    this.#headerText = headers;
    this.#length = length;
    if (isSource(body)) {
      this.#kind = body.kind;
      this.#stream = body;
    } else {
      this.#body = body;
    }
  }

  /** `[method, headers, length, body]`, by which the addon finds interceptors. */
  get parts(): WireValue[] {
    return [this.method, this.#headerText, this.#length, this.#body];
  }

  get sortedPath(): string {
    return (this.#sorted ??= sortQuery(this.path));
  }

  /** An object; names as they were written, values of the same name joined. */
  get headers(): Record<string, string> {
    return (this.#headers ??= this.#readHeaders());
  }

  get lowerCaseHeaders(): Record<string, string> {
    return (this.#lowerCase ??= lowerCaseNames(this.headers));
  }

  #readHeaders(): Record<string, string> {
    const headers: Record<string, string> = {};
    const names = new Map<string, string>();
    const add = (name: string, value: string) => {
      const lower = name.toLowerCase();
      const first = names.get(lower) ?? name;
      names.set(lower, first);
      headers[first] = first in headers ? `${headers[first]}${lower === "cookie" ? "; " : ", "}${value}` : value;
      // The order is Miniflare 2's, which tests compare: the length stands behind what it adds itself.
      if (lower === "mf-loop") this.#addLength(add);
    };
    for (const [name, value] of headersOfText(this.#headerText)) add(name, value);
    return headers;
  }

  #addLength(add: (name: string, value: string) => void): void {
    if (/(^|\n)content-length\n/i.test(this.#headerText)) return;
    const length = this.#contentLength();
    if (length !== null) add("content-length", String(length));
  }

  #contentLength(): number | null {
    if (typeof this.#body === "string") return Buffer.byteLength(this.#body);
    if (this.#body === null) return EXPECTING.has(this.method) ? 0 : null;
    return this.#length ?? null;
  }

  hasBody(): boolean {
    return this.#body !== null;
  }

  /** Null, text or bytes; undefined until they have been read. */
  get knownBody(): Content | null | undefined {
    return this.#body;
  }

  /** Null, text or bytes; a promise of bytes while they are not there. */
  bytes(): Awaitable<Content | null> {
    if (this.#body !== undefined) return this.#body;
    if (this.#stream === undefined) return Promise.reject(answered());
    return this.#stream.drain().then((bytes) => (this.#body = bytes));
  }

  /** The body as undici shows it; a promise while it is not there. */
  body(): Awaitable<unknown> {
    return chain(this.bytes(), (bytes) => this.#shown(bytes));
  }

  #shown(bytes: Content | null): unknown {
    if (bytes === null) return null;
    if (this.#kind === "stream") return new Blob([bytes]).stream();
    if (this.#kind === "blob") return blobOf(bytes, this.lowerCaseHeaders["content-type"] ?? "");
    return bytes;
  }

  /** The body for sending it on: null, text, bytes, or a stream that is pulled as it is read. */
  outgoingBody(): Content | ReadableStream | null {
    if (this.#body !== undefined) return this.#body;
    const source = this.#stream?.source?.();
    if (source === undefined) throw answered();
    return streamFromSource(source);
  }

  /** What callbacks are given; a promise while the body is not there. */
  options(): Awaitable<MockRequestOptions> {
    return chain(this.body(), (body) => ({ ...this.#call(body), maxRedirections: 0, upgrade: undefined }));
  }

  #call<Body>(body: Body): Omit<MockCall, "url" | "body"> & { body: Body } {
    const { path, origin, method, headers } = this;
    return { path, origin, method, body, headers: { ...headers } };
  }

  /** As a history tells of it: a body is text or bytes, or undefined if it is a stream that has not been read. */
  call(): MockCall {
    return { url: this.url, ...this.#call(this.#body) };
  }

  /** The worker has its answer: what was not read is not read any more. */
  release(): void {
    this.#stream = undefined;
  }
}

function isSource(body: Content | BodySource | null): body is BodySource {
  return typeof body === "object" && body !== null && "kind" in body;
}

function blobOf(bytes: Content, type: string): Blob | Promise<FormData> {
  const isForm = type.startsWith("multipart/form-data");
  return isForm ? new Response(bytes, { headers: { "content-type": type } }).formData() : new Blob([bytes], { type });
}

const answered = () => new TypeError("The body was not read before the request was answered.");

/** Origin and path of a normalised URL, which is faster to cut than to parse. */
function splitUrl(url: string): [origin: string, path: string] {
  const start = url.indexOf("/", "https://".length);
  const origin = url.slice(0, start);
  if (start === -1 || origin.includes("@")) {
    const parsed = new URL(url);
    return [parsed.origin, parsed.pathname + parsed.search];
  }
  const end = url.indexOf("#", start);
  return [origin, end === -1 ? url.slice(start) : url.slice(start, end)];
}

export { MockRequest };
