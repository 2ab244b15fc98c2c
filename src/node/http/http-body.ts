// Bodies that are in memory already stay there: they become a stream only if someone asks for one, because a stream
// costs more than the whole dispatch it travels with.

import { types } from "node:util";
const { isArrayBuffer } = types;
import { bytesFromSender, streamFromSender, textFromSender } from "../../web/node/node-streams.ts";
import { web } from "./fetch-classes.ts";

import type { Sender } from "../../web/sources.ts";
import type { TypedBody } from "./form.ts";

/** A body as it is handed on: null, a text, bytes, a byte stream, or the function by which one is read. */
export type BodyContent = string | Uint8Array | ReadableStream | Sender | null;

const encoder = new TextEncoder();
const decoder = new TextDecoder();

// The words of Node's own Response.
const ALREADY_READ = "Body is unusable: Body has already been read";

/** What a body given by the user is without a stream: a string, bytes, or `undefined` when only a stream will do. */
function bodyInMemory(body: unknown): string | Uint8Array | undefined {
  if (typeof body === "string") return body;
  if (body instanceof URLSearchParams) return String(body);
  if (ArrayBuffer.isView(body)) return viewBytes(body);
  return isArrayBuffer(body) ? new Uint8Array(body) : undefined;
}

/** Whether a body given by the user is in memory and has no content. */
function isEmptyBody(body: unknown): boolean {
  const content = bodyInMemory(body) ?? (TEXTUAL.test(Object.prototype.toString.call(body)) ? String(body) : undefined);
  return content === undefined ? body instanceof Blob && body.size === 0 : content.length === 0;
}

/** Values that become bodies by their text. */
const TEXTUAL = /^\[object (String|Array|URLSearchParams)\]$/;

// Shared memory is left to Node, which knows whether it accepts it.
function viewBytes(view: ArrayBufferView): Uint8Array | undefined {
  if (!isArrayBuffer(view.buffer)) return undefined;
  return view instanceof Uint8Array ? view : new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
}

/** How many bytes a stream will have, where that is known. */
const lengths = new WeakMap<object, number>();
const setLength = (stream: object, length: number): void => void lengths.set(stream, length);
const lengthOf = (stream: object): number | undefined => lengths.get(stream);

/** Gives a request or response whose body is a stream of known length the header that says so. */
function announceLength(message: { headers: Headers }, body: unknown): void {
  const length = typeof body === "object" && body !== null ? lengths.get(body) : undefined;
  if (length !== undefined) message.headers.set("Content-Length", String(length));
}

/** What is read of a request or a response, which may be one of a library. */
interface ReadMessage<Stream extends ReadableStream> {
  readonly body?: Stream | null;
  readonly bodyUsed: boolean;
}

/** The stream of a `Request` or `Response`, or the text it was made of if that is known; it counts as read then. */
function takeBody<Stream extends ReadableStream>(
  message: ReadMessage<Stream>,
  text: string | undefined,
  complaint = ALREADY_READ,
): Stream | string | null {
  const body = message.body ?? null;
  if (body === null) return null;
  if (message.bodyUsed || body.locked) throw new TypeError(complaint);
  if (text === undefined) return body;
  body.cancel();
  return text;
}

/** Adds the content type that a body, as `streamOfForeign` gives it, has by itself. */
function addType(headers: Headers, [, type]: TypedBody<unknown>): void {
  if (type !== null && !headers.has("content-type")) headers.set("content-type", type);
}

/** The multipart and urlencoded types are the ones that `formData()` reads; others get Workers' words for it. */
function requireFormType(headers: Headers): void {
  const contentType = headers.get("content-type");
  if (contentType === null) throw new TypeError("Parsing a Body as FormData requires a Content-Type header.");
  const [type] = contentType.toLowerCase().split(";");
  if (!type.includes("/")) throw new TypeError("Malformed content type");
  if (type.trim() === "application/x-www-form-urlencoded") return;
  if (type.trim() !== "multipart/form-data") throw new TypeError(`Unsupported content type: ${contentType}`);
  if (!/;\s*boundary=/i.test(contentType)) throw new TypeError("Multipart: Boundary not found");
}

function isStream(content: BodyContent): content is ReadableStream {
  return typeof content === "object" && content !== null && !ArrayBuffer.isView(content);
}

// Node loads all of its streams with the module.
function isDisturbed(stream: ReadableStream): boolean {
  const { isDisturbed } = require("node:stream") as { isDisturbed(stream: ReadableStream): boolean };
  return isDisturbed(stream);
}

/** A body as it came from a worker: null, a string, bytes, a byte stream, or the function by which one is read. */
class Body {
  #content: BodyContent;
  #stream: ReadableStream | null = null;
  #taken = false;
  // Two bodies that share bytes may hand out copies only.
  #shared = false;

  constructor(content: BodyContent) {
    this.#content = content;
    if (isStream(content)) this.#stream = content;
  }

  get stream(): ReadableStream | null {
    if (this.#content === null) return null;
    return (this.#stream ??= this.#taken ? spentStream() : this.#openStream());
  }

  get used(): boolean {
    return this.#taken || (this.#stream !== null && isDisturbed(this.#stream));
  }

  get #unusable(): boolean {
    return this.used || this.#stream?.locked === true;
  }

  /** The content, once: a string, bytes, a function or null, or the stream if there is one by now. */
  take(): BodyContent {
    if (this.#unusable) throw new TypeError(ALREADY_READ);
    if (this.#stream !== null) return this.#stream;
    this.#taken = this.#content !== null;
    return this.#content;
  }

  async text(): Promise<string> {
    const content = this.take();
    if (content === null) return "";
    if (typeof content === "string") return withoutMark(content);
    if (typeof content === "function") return textFromSender(content);
    return ArrayBuffer.isView(content) ? decoder.decode(content) : new web.Response(content).text();
  }

  /** The bytes in a buffer of their own, which the caller may keep. */
  async bytes(): Promise<Uint8Array<ArrayBuffer>> {
    const content = this.take();
    if (content === null || typeof content === "string") return encoder.encode(content ?? "");
    if (ArrayBuffer.isView(content)) return this.#ownBytes(content);
    if (typeof content === "function") return bytesFromSender(content);
    return new Uint8Array(await new web.Response(content).arrayBuffer());
  }

  /** A stream of the text, as the standard's method of this name gives it. */
  textStream(): ReadableStream<string> {
    if (this.#unusable) throw new TypeError(ALREADY_READ);
    const decoded = this.stream?.pipeThrough(new TextDecoderStream());
    return decoded ?? new ReadableStream({ start: (controller) => controller.close() });
  }

  clone(): Body {
    if (this.#unusable) throw new TypeError("Response.clone: Body has already been consumed.");
    if (typeof this.#content === "function") this.#stream ??= this.#openStream();
    if (this.#content === this.#stream) return this.#tee();
    this.#shared = true;
    const copy = new Body(this.#content);
    copy.#shared = true;
    return copy;
  }

  #tee(): Body {
    if (this.#stream === null) return new Body(null);
    const [mine, other] = this.#stream.tee();
    this.#content = this.#stream = mine;
    return new Body(other);
  }

  #ownBytes(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
    const isWhole = bytes.byteLength === bytes.buffer.byteLength && !this.#shared;
    return isWhole ? new Uint8Array(bytes.buffer as ArrayBuffer) : new Uint8Array(bytes);
  }

  #openStream(): ReadableStream {
    const content = this.#content;
    if (typeof content === "function") return (this.#content = streamFromSender(content));
    const pull = (controller: ReadableByteStreamController) => {
      const bytes = typeof content === "string" ? encoder.encode(content) : this.#ownBytes(content as Uint8Array);
      if (bytes.byteLength > 0) controller.enqueue(bytes);
      controller.close();
      controller.byobRequest?.respond(0);
    };
    return new ReadableStream({ type: "bytes", pull });
  }
}

// A text is what its bytes decode to: without the byte order mark, and with no half of a surrogate pair.
function withoutMark(text: string): string {
  return (text.charCodeAt(0) === 0xfeff ? text.slice(1) : text).toWellFormed();
}

// What Node shows as the body of a Response whose text was read: read, closed and locked.
function spentStream(): ReadableStream {
  const stream = new ReadableStream({ type: "bytes" });
  stream.getReader().cancel();
  return stream;
}

export { addType, announceLength, Body, bodyInMemory, isEmptyBody, lengthOf, requireFormType, setLength, takeBody };
