// A request of a worker as a mock sees it. What only some matchers look at is made when one does.

import { Blob } from "node:buffer";
import { streamFromSource } from "../../web/node/node-streams.ts";
import { chain, lowerCaseNames, sortQuery } from "./matching.ts";
import { headersOfText } from "../../web/header-text.js";

/** Methods that say so when they have no body. */
const EXPECTING = new Set(["PUT", "POST"]);

class MockRequest {
  /** Ends what answers the request, for a reason; undefined where there is nothing to end. */
  callOff;
  /** What the addon has found for it in the worker's turn, as `search` takes it. */
  found;
  #headerText;
  #length;
  #body;
  #stream;
  #kind;
  #headers;
  #lowerCase;
  #sorted;

  /**
   * @param headers flat, names as they were written
   * @param length of the body in bytes, or null when only reading it will tell, and for streams
   * @param body null, text or bytes; otherwise `{ kind, drain(), source() }` of a "stream" or a "blob", which a form is
   *   too: either all of its bytes, or a source to pull them from
   */
  constructor(method, url, headers, length, body) {
    this.url = url;
    [this.origin, this.path] = splitUrl(url);
    this.method = method;
    this.#headerText = headers;
    this.#length = length;
    this.#kind = body?.kind;
    if (this.#kind === undefined) this.#body = body;
    else this.#stream = body;
  }

  /** `[method, headers, length, body]`, by which the addon finds interceptors. */
  get parts() {
    return [this.method, this.#headerText, this.#length, this.#body];
  }

  get sortedPath() {
    return (this.#sorted ??= sortQuery(this.path));
  }

  /** An object; names as they were written, values of the same name joined. */
  get headers() {
    return (this.#headers ??= this.#readHeaders());
  }

  get lowerCaseHeaders() {
    return (this.#lowerCase ??= lowerCaseNames(this.headers));
  }

  #readHeaders() {
    const headers = {};
    const names = new Map();
    const add = (name, value) => {
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

  #addLength(add) {
    if (/(^|\n)content-length\n/i.test(this.#headerText)) return;
    const length = this.#contentLength();
    if (length !== null) add("content-length", String(length));
  }

  #contentLength() {
    if (typeof this.#body === "string") return Buffer.byteLength(this.#body);
    if (this.#body === null) return EXPECTING.has(this.method) ? 0 : null;
    return this.#length ?? null;
  }

  hasBody() {
    return this.#body !== null;
  }

  /** Null, text or bytes; undefined while nobody has read them. */
  get knownBody() {
    return this.#body;
  }

  /** Null, text or bytes; a promise of bytes while they are not there. */
  bytes() {
    if (this.#body !== undefined) return this.#body;
    if (this.#stream === undefined) return Promise.reject(answered());
    return this.#stream.drain().then((bytes) => (this.#body = bytes));
  }

  /** The body as undici shows it; a promise while it is not there. */
  body() {
    return chain(this.bytes(), (bytes) => this.#shown(bytes));
  }

  #shown(bytes) {
    if (this.#kind === "stream") return new Blob([bytes]).stream();
    if (this.#kind === "blob") return blobOf(bytes, this.lowerCaseHeaders["content-type"] ?? "");
    return bytes;
  }

  /** The body for sending it on: null, text, bytes, or a stream that is pulled as it is read. */
  outgoingBody() {
    if (this.#body !== undefined) return this.#body;
    return streamFromSource(this.#stream.source());
  }

  /** What callbacks are given; a promise while the body is not there. */
  options() {
    return chain(this.body(), (body) => ({ ...this.#call(body), maxRedirections: 0, upgrade: undefined }));
  }

  #call(body) {
    const { path, origin, method, headers } = this;
    return { path, origin, method, body, headers: { ...headers } };
  }

  /** As a history tells of it: a body is text or bytes, or undefined if it is a stream that nobody has read. */
  call() {
    return { url: this.url, ...this.#call(this.#body) };
  }

  /** The worker has its answer: what was not read is not read any more. */
  release() {
    this.#stream = undefined;
  }
}

function blobOf(bytes, type) {
  const isForm = type.startsWith("multipart/form-data");
  return isForm ? new Response(bytes, { headers: { "content-type": type } }).formData() : new Blob([bytes], { type });
}

const answered = () => new TypeError("The body was not read before the request was answered.");

/** Origin and path of a normalised URL, which is faster to cut than to parse. */
function splitUrl(url) {
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
