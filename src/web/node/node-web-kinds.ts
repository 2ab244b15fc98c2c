// Web objects crossing the membrane: they arrive as Node's own, not as proxies. Node's half of `../web-kinds.ts`.

import { types } from "node:util";
const { isProxy } = types;
import { parseHeaders } from "../../node/http/flat-headers.ts";
import { buildRequest, isRequest, splitRequest } from "../../node/http/http-request.ts";
import { isLight, isResponse, lightResponse, splitResponse } from "../../node/http/http-response.ts";
import { classNamed } from "../../node/http/fetch-classes.ts";
import { describe } from "../../node/errors.ts";
import { tagOf } from "../../membrane/attempt.ts";
import { TAG } from "../../protocol.ts";
import { textOfHeaders } from "../header-text.ts";
import { bodyFromWire, bodyToWire, chunkBytes } from "./node-streams.ts";
import type { WebSocket } from "../../../index.d.ts";
import type { Kind } from "../../membrane/kinds.ts";
import type { Membrane } from "../../membrane/membrane.ts";
import type { SignalParts } from "../../membrane/signals.ts";
import type { WireValue } from "../../node/binding/exports.d.ts";
import type { RequestParts } from "../../node/http/http-request.ts";
import type { ResponseParts } from "../../node/http/http-response.ts";
import type { ReadableParts, Streams } from "../wire-streams.ts";
import type { KeyParts } from "./node-keys.ts";

/** What crosses of a response, and of a request. */
type ResponseWire = [status: number, statusText: string, headers: string, body: WireValue, webSocket?: WireValue];
type RequestWire = [method: string, url: string, headers: string, body: WireValue, ...GivenWire];
type GivenWire = [cf: WireValue, redirect: RequestRedirect | undefined, signal: WireValue];

/** What a blob becomes of: bytes, or a blob of Node's, from an offset to another. */
type BlobContent = (Uint8Array<ArrayBuffer> | [blob: WireValue, from: number, to: number])[];
type BlobWire = [type: string, name: string | undefined, lastModified: number | undefined, content: BlobContent];

// Few suites bind streams or keys: their files are loaded for the first.
let loaded: Streams | undefined;
const streams = () => (loaded ??= wireStreams().createStreams({ classes: () => globalThis, bytesOf: chunkBytes }));
const wireStreams = () => require("../wire-streams.ts") as typeof import("../wire-streams.ts");
const keys = () => require("./node-keys.ts") as typeof import("./node-keys.ts");

/** What belongs to one V8, and what to do instead. */
const UNSHARED: Record<string, string> = {
  "[object WebAssembly.Module]":
    "A WebAssembly.Module of Node's cannot enter a worker: name its file in the option wasmBindings, or import it in a module worker",
  "[object SharedArrayBuffer]":
    "A worker shares no memory with Node: pass an ArrayBuffer instead of a SharedArrayBuffer",
};

// Node's class is asked about only a value that names it: the question alone would load it.
const isOf = (value: object, name: string) => value instanceof classNamed(name);
/** Not a proxy or an instance of a class that extends one: what they have beyond it would be lost. */
const isOnly = (value: object, name: string) => isOf(value, name) && isExactly(value, name);

const response: Omit<Kind<object, ResponseWire>, "is"> = {
  kind: "response",
  encode(value, membrane) {
    return responseToWire(splitResponse(value), membrane);
  },
  decode: ([status, statusText, headers, body, wire], membrane) => {
    const webSocket = wire === undefined ? undefined : (membrane.decode(wire) as WebSocket | null);
    return lightResponse({ status, statusText, headers, body: bodyFromWire(body, membrane), webSocket });
  },
};

const kinds: readonly Kind[] = [
  { kind: "unshared", is: (value) => messageFor(value) !== undefined, encode: refuse },
  { ...response, is: isLight },
  // Those of libraries are as good, and so are Node's own where others stand in for them.
  { ...response, named: ["Response"], is: (value, name) => isOf(value, name) || isResponse(value) },
  {
    kind: "request",
    named: ["Request"],
    is: (value, name) => isOf(value, name) || isRequest(value),
    encode: encodeRequest,
    decode: decodeRequest,
  },
  {
    kind: "headers",
    named: ["Headers"],
    is: (value, name) => isOf(value, name) || hasHeaders(value),
    encode: (headers: Headers) => [textOfHeaders(headers)],
    decode: ([text]: [string]) => parseHeaders(text),
  },
  {
    kind: "url",
    named: ["URL"],
    is: isOf,
    encode: ({ href }: URL) => [href],
    decode: ([href]: [string]) => new URL(href),
  },
  {
    kind: "readable",
    hasIdentity: true,
    named: ["ReadableStream"],
    is: isOf,
    encode: (stream: ReadableStream) => streams().encodeReadable(stream),
    decode: (parts: ReadableParts, membrane, number) => streams().decodeReadable(parts, membrane, number as number),
    ask: (stream: ReadableStream, _, what: "read" | "cancel", arg: unknown) => streams().askReadable(stream, what, arg),
  },
  {
    kind: "writable",
    hasIdentity: true,
    named: ["WritableStream"],
    is: isOf,
    encode: (stream: WritableStream) => streams().encodeWritable(stream),
    decode: (parts: [], membrane, number) => streams().decodeWritable(parts, membrane, number as number),
    ask: (stream: WritableStream, _, what: "write" | "close" | "abort", arg?: unknown) =>
      streams().askWritable(stream, what, arg),
  },
  {
    kind: "signal",
    named: ["AbortSignal"],
    is: isOnly,
    encode: (signal: AbortSignal, membrane) => membrane.signals.encode(signal, membrane),
    decode: (parts: SignalParts, membrane) => membrane.signals.decode(parts, membrane),
  },
  {
    kind: "key",
    hasIdentity: true,
    named: ["CryptoKey"],
    is: isOnly,
    encode: (key: CryptoKey) => keys().partsOfKey(key),
    decode: (parts: KeyParts, membrane, number) => keys().keyFromParts(...parts) ?? membrane.standIn(number as number),
  },
  {
    kind: "blob",
    hasIdentity: true,
    named: ["Blob", "File"],
    is: isOnly,
    encode: ({ size, type, name, lastModified }: Blob & Partial<File>) => [size, type, name, lastModified],
    decode: decodeBlob,
    ask: (blob: Blob, _, from: number, to: number) => bytesOfBlob(blob, from, to),
  },
];

/** What crosses of a response that was split. */
function responseToWire(parts: ResponseParts, membrane: Membrane): ResponseWire {
  const { status, statusText, headers, body, webSocket } = parts;
  const wire: ResponseWire = [status, statusText, headers, bodyToWire(body, membrane)];
  if (webSocket) wire.push(socketToWire(webSocket, membrane));
  return wire;
}

/** Whatever is no socket would arrive as data. */
function socketToWire(webSocket: WebSocket, membrane: Membrane): WireValue {
  const wire = membrane.encode(webSocket);
  if (Array.isArray(wire) && SOCKETS.has(wire[0])) return wire;
  const what = "one end of a WebSocketPair, or the webSocket of another response";
  throw new TypeError(`The webSocket of a Response must be a WebSocket: ${what}, got ${describe(webSocket)}`);
}

const SOCKETS = new Set<WireValue>([TAG.HOME, TAG.LIVE, TAG.PLATFORM]);

function messageFor(value: object): string | undefined {
  const tag = tagOf(value);
  return tag !== undefined && Object.hasOwn(UNSHARED, tag) ? UNSHARED[tag] : undefined;
}

function refuse(value: object): never {
  throw new TypeError(messageFor(value));
}

const hasHeaders = (value: Partial<Headers>) =>
  typeof value.getSetCookie === "function" && typeof value[Symbol.iterator] === "function";

/** Node itself makes some of classes that extend the one it shows, but those add nothing that one could name. */
function isExactly(value: object, name: string): boolean {
  if (isProxy(value)) return false;
  const { prototype } = (globalThis as unknown as Record<string, { prototype: object }>)[name];
  for (let one = value; one !== prototype; one = Object.getPrototypeOf(one)) {
    if (Object.getOwnPropertyNames(one).some((key) => key !== "constructor")) return false;
  }
  return true;
}

/** What a request has beyond what HTTP sends; it crosses as the worker has it. */
type Given = Pick<RequestParts, "cf" | "redirect" | "signal">;

function encodeRequest(request: Request, membrane: Membrane): RequestWire {
  const { method, url, headers, body, cf, redirect, signal } = splitRequest(request);
  const given: GivenWire = [membrane.encode(cf), redirect, membrane.encode(signal)];
  return [method, url, headers, bodyToWire(body, membrane), ...given];
}

function decodeRequest([method, url, headers, body, cf, redirect, signal]: RequestWire, membrane: Membrane): Request {
  const given = { cf: membrane.decode(cf), redirect, signal: membrane.decode(signal) } as Given;
  return buildRequest({ method, url, headers, body: bodyFromWire(body, membrane), ...given });
}

function decodeBlob([type, name, lastModified, content]: BlobWire, membrane: Membrane): Blob {
  const blobOf = (wire: WireValue) => membrane.decode(wire) as Blob;
  const parts = content.map((part) => (Array.isArray(part) ? blobOf(part[0]).slice(part[1], part[2]) : part));
  return name === undefined ? new Blob(parts, { type }) : new File(parts, name, { type, lastModified });
}

async function bytesOfBlob(blob: Blob, from: number, to: number): Promise<Uint8Array> {
  return new Uint8Array(await blob.slice(from, to).arrayBuffer());
}

export { kinds, responseToWire };
