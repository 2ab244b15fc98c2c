// Responses. The one users construct is Node's own with a little more. The one a dispatch answers with is light: Node's
// constructor costs as much as the whole dispatch, so its parts are made when someone asks for them.

import { addType, announceLength, Body, isEmptyBody, requireFormType, takeBody } from "./http-body.ts";
import { describe, InstanceError } from "../errors.ts";
import { streamOfForeign } from "./form.ts";
import { fetchedHeaders, parseHeaders, withGetAll, withOurClass } from "./flat-headers.ts";
import { extendLater, web } from "./fetch-classes.ts";
import { textOfHeaders } from "../../web/header-text.ts";
import type { BodyContent } from "./http-body.ts";
import type { FormData, Headers } from "./flat-headers.ts";
import type { Response as ContractResponse, ResponseInit, Usage, WebSocket } from "../../../index.d.ts";
import type { WireValue } from "../../wire.ts";

type EncodeBody = ContractResponse["encodeBody"];

/** The promise of what the worker waits for; with `true`, the usage so far. */
interface WaitUntil {
  (): Promise<unknown[]>;
  (isUsage: true): WireValue;
}

/** A response as it is handed on, to a worker or from one. */
export interface ResponseParts {
  status: number;
  statusText: string;
  /** Flat: see `src/web/header-text.ts`. */
  headers: string;
  /** Bytes may be kept by the one who gets them. */
  body: BodyContent;
  /** There while the event may go on. */
  waitUntil?: WaitUntil | undefined;
  /** What the event had used when it was answered: see `usage.ts`. */
  usage?: WireValue;
  /** Default: `"automatic"`. */
  encodeBody?: EncodeBody;
  /** Where it was fetched from; undefined when it was not. */
  url?: string;
  redirected?: boolean;
  /** Of a response to a handshake. */
  webSocket?: WebSocket | null;
}

const SWITCHING_PROTOCOLS = 101;
const NULL_BODY_STATUSES = new Set<number | undefined>([SWITCHING_PROTOCOLS, 204, 205, 304]);

/** Node makes no response of the status: what it makes has another one, which is never shown. */
const NO_CLONE = "Cannot clone a response to a WebSocket handshake.";
const OF_HANDSHAKES = { status: { value: SWITCHING_PROTOCOLS }, ok: { value: false } };

/** Loaded when it is first asked for. */
const usageOf = (wire: WireValue): Usage => (require("./usage.ts") as typeof import("./usage.ts")).usageOf(wire);

// The text a Response was made of, or undefined: it can be handed on without reading the stream.
let textOf: (response: object) => string | undefined;

class Response extends (Object as unknown as typeof globalThis.Response) {
  #cf: unknown;
  #encodeBody: EncodeBody;
  #text: string | undefined;
  #webSocket: WebSocket | null;

  constructor(body: BodyInit | null = null, init: ResponseInit | undefined = undefined) {
    if (body !== null && NULL_BODY_STATUSES.has(init?.status) && isEmptyBody(body)) body = null;
    const webSocket = init?.webSocket ?? null;
    const foreign = streamOfForeign(body);
    super(foreign?.[0] ?? body, webSocket === null ? ordinaryInit(init ?? {}) : handshakeInit(init ?? {}));
    if (foreign !== undefined) addType(super.headers, foreign);
    if (webSocket !== null) Object.defineProperties(this, OF_HANDSHAKES);
    this.#webSocket = webSocket;
    this.#cf = init?.cf;
    this.#encodeBody = init?.encodeBody ?? "automatic";
    if (this.#encodeBody !== "automatic" && this.#encodeBody !== "manual") {
      throw new TypeError(`encodeBody: unexpected value: ${this.#encodeBody}`);
    }
    if (typeof body === "string") this.#text = body;
    announceLength(this, body);
  }

  static override json(data: unknown, init: ResponseInit | undefined = undefined): Response {
    return Response.#from(super.json(data, init ?? {}), init?.encodeBody, init?.cf);
  }

  static override redirect(url: string | URL, status = 302): Response {
    return Response.#from(super.redirect(url, status));
  }

  static {
    extendLater(Response, "Response");
    textOf = (response) => (#text in response ? response.#text : undefined);
  }

  static #from(response: globalThis.Response, encodeBody?: EncodeBody, cf?: unknown): Response {
    const { body, status, statusText, headers } = response;
    return new Response(body, { status, statusText, headers, encodeBody, cf });
  }

  get cf(): unknown {
    return this.#cf;
  }

  get encodeBody(): EncodeBody {
    return this.#encodeBody;
  }

  get webSocket(): WebSocket | null {
    return this.#webSocket;
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

  override clone(): Response {
    if (this.#webSocket !== null) throw new TypeError(NO_CLONE);
    const copy = Response.#from(super.clone(), this.#encodeBody, this.#cf);
    copy.#text = this.#text;
    return copy;
  }

  /** What the worker's `waitUntil()` promises resolved to; none for a response that no dispatch answered with. */
  waitUntil<WaitUntil extends unknown[] = unknown[]>(): Promise<WaitUntil> {
    return Promise.resolve([] as unknown[] as WaitUntil);
  }

  /** What the worker has used; nothing for a response that no dispatch answered with. */
  get usage(): Usage {
    return usageOf(undefined);
  }
}

function ordinaryInit(init: ResponseInit): ResponseInit {
  if (init.status !== SWITCHING_PROTOCOLS) return init;
  throw new RangeError('init["status"] must be in the range of 200 to 599, inclusive.');
}

function handshakeInit({ status, statusText, headers }: ResponseInit): ResponseInit {
  if (status === SWITCHING_PROTOCOLS) return { statusText, headers };
  throw new RangeError("Responses with a WebSocket must have status code 101.");
}

// Node 20 has no such thing, and loads much to say so.
const { markAsUncloneable }: { markAsUncloneable?(value: object): void } =
  Number.parseInt(process.versions.node, 10) < 22 ? {} : require("node:worker_threads");

// Stands in for `Response` as a parent: the same prototype chain, without running Node's constructor.
function BareParent() {}
BareParent.prototype = Response.prototype;
const Bare = BareParent as unknown as new () => Response;

/** Whether a value is the answer of a dispatch. */
let isLight: (value: unknown) => value is LightResponse;

class LightResponse extends Bare {
  #parts: ResponseParts;
  #body: Body;
  #headers: Headers | null = null;

  constructor(parts: ResponseParts, body: Body, headers: Headers | null) {
    super();
    markAsUncloneable?.(this);
    this.#parts = parts;
    this.#body = body;
    this.#headers = headers;
  }

  static split(response: LightResponse): ResponseParts {
    const { status, statusText, headers, webSocket } = response.#parts;
    const flat = response.#headers === null ? headers : textOfHeaders(response.#headers);
    const parts: ResponseParts = { status, statusText, headers: flat, body: response.#body.take() };
    return webSocket ? { ...parts, webSocket } : parts;
  }

  static {
    isLight = (value): value is LightResponse => typeof value === "object" && value !== null && #parts in value;
  }

  override get status(): number {
    return this.#parts.status;
  }

  override get statusText(): string {
    return this.#parts.statusText;
  }

  override get ok(): boolean {
    return this.status >= 200 && this.status <= 299;
  }

  override get url(): string {
    return this.#parts.url ?? "";
  }

  override get redirected(): boolean {
    return this.#parts.redirected ?? false;
  }

  override get type(): ResponseType {
    return "default";
  }

  override get headers(): Headers {
    return (this.#headers ??= this.#parse(this.#parts.headers));
  }

  /** What was fetched has a URL. */
  #parse(headers: string): Headers {
    return this.#parts.url === undefined ? parseHeaders(headers) : fetchedHeaders(headers);
  }

  override get encodeBody(): EncodeBody {
    return this.#parts.encodeBody ?? "automatic";
  }

  override get cf(): undefined {
    return undefined;
  }

  override get webSocket(): WebSocket | null {
    return this.#parts.webSocket ?? null;
  }

  override get body(): ReadableStream<Uint8Array<ArrayBuffer>> | null {
    return this.#body.stream;
  }

  override get bodyUsed(): boolean {
    return this.#body.used;
  }

  override async text(): Promise<string> {
    return this.#body.text();
  }

  override async json() {
    return JSON.parse(await this.#body.text());
  }

  override async bytes(): Promise<Uint8Array<ArrayBuffer>> {
    return this.#body.bytes();
  }

  textStream(): ReadableStream<string> {
    return this.#body.textStream();
  }

  override async arrayBuffer(): Promise<ArrayBuffer> {
    return (await this.#body.bytes()).buffer;
  }

  override async blob(): Promise<Blob> {
    return (await this.#typed()).blob();
  }

  override async formData(): Promise<FormData> {
    requireFormType(this.headers);
    return withOurClass(await (await this.#typed()).formData());
  }

  // Node parses content types for what is read rarely.
  async #typed(): Promise<globalThis.Response> {
    const type = this.headers.get("content-type");
    return new web.Response(await this.#body.bytes(), { headers: type === null ? {} : { "content-type": type } });
  }

  override clone(): LightResponse {
    if (this.#parts.webSocket) throw new TypeError(NO_CLONE);
    const headers = this.#headers && this.#parse(textOfHeaders(this.#headers));
    return new LightResponse(this.#parts, this.#body.clone(), headers);
  }

  // A worker that was ended since it answered throws when it is asked.
  override async waitUntil<WaitUntil extends unknown[] = unknown[]>(): Promise<WaitUntil> {
    const waits = this.#parts.waitUntil === undefined ? [] : this.#parts.waitUntil();
    return waits as WaitUntil | Promise<WaitUntil>;
  }

  /** Of an event that goes on, the worker is asked, unless it was ended meanwhile. */
  override get usage(): Usage {
    const { waitUntil } = this.#parts;
    try {
      if (waitUntil !== undefined) this.#parts.usage = waitUntil(true);
    } catch (error) {
      if (!(error instanceof InstanceError)) throw error;
    }
    return usageOf(this.#parts.usage);
  }
}
Object.defineProperty(LightResponse.prototype, "constructor", { value: Response });

/**
 * The answer of a dispatch. `headers` are flat (see header-text.ts), `encodeBody` may be missing, `body` is null, a string, bytes that this response may
 * keep, or a byte stream; `waitUntil()` gives the promise of what the worker waits for.
 */
function lightResponse(parts: ResponseParts): LightResponse {
  return new LightResponse(parts, new Body(parts.body), null);
}

/** The parts of a Response that Node code gives to a worker; its body counts as read from then on. */
function splitResponse(response: unknown): ResponseParts {
  if (isLight(response)) return LightResponse.split(response);
  if (!isResponse(response)) throw new TypeError(`Expected a Response, got ${describe(response)}`);
  const { status, statusText, headers } = response;
  const { webSocket } = response as Partial<ContractResponse>;
  const body = takeBody(response, textOf(response));
  const parts: ResponseParts = { status, statusText, headers: textOfHeaders(headers), body };
  return webSocket ? { ...parts, webSocket } : parts;
}

/** Node's, ours, or one of another realm or library that has what a Response has. */
function isResponse(value: unknown): value is globalThis.Response {
  if (value instanceof web.Response) return true;
  if (typeof value !== "object" || value === null) return false;
  const response: Partial<globalThis.Response> = value;
  return (
    typeof response.status === "number" && typeof response.headers?.[Symbol.iterator] === "function" && "body" in value
  );
}

export { Response, isLight, isResponse, lightResponse, splitResponse };
