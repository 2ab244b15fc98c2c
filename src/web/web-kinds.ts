// Web objects crossing the membrane: they arrive as this realm's own, not as proxies. `node/node-web-kinds.ts` is Node's half.

import { core } from "ext:core/mod.js";
import { contentOf, distantBlob } from "ext:miniflare/web/blobs.ts";
import { bytesOfChunk } from "ext:miniflare/web/bytes.ts";
import { isKey, keyOfParts, partsOfKey } from "ext:miniflare/web/keys.ts";
import {
  getCf,
  requestFromWire,
  requestToWire,
  responseFromWire,
  responseToWire,
  setCf,
} from "ext:miniflare/web/wire-request.ts";
import { webSocketOf } from "ext:miniflare/web/response-class.ts";
import { load, STREAMS, stubOf } from "ext:miniflare/realm/lazy.ts";
import { headersOfText, textOfHeaders } from "ext:miniflare/web/header-text.ts";
import { createStreams } from "ext:miniflare/web/wire-streams.ts";
import type { Decode, Encode } from "ext:miniflare/realm/port.ts";
import type { WireValue } from "../wire.ts";
import type { KeyParts } from "./keys.ts";
import type { RequestParts, ResponseParts } from "./wire-request.ts";

const { Request, toInnerRequest } = core.loadExtScript("ext:deno_fetch/23_request.js");
const { Response } = core.loadExtScript("ext:deno_fetch/23_response.js");
const { Headers } = core.loadExtScript("ext:deno_fetch/20_headers.js");
const { AbortSignal } = core.loadExtScript("ext:deno_web/03_abort_signal.js");
const { Blob, File } = core.loadExtScript("ext:deno_web/09_file.js");
const { URL } = core.loadExtScript("ext:deno_web/00_url.js");

/** What these kinds use of the membrane, which is above this room. */
interface Membrane {
  encode: Encode;
  decode: Decode;
  ask(number: number, ...args: unknown[]): unknown;
  signals: {
    encode(signal: AbortSignal, membrane: object): WireValue[];
    decode(parts: unknown, membrane: object): AbortSignal;
  };
}

type RequestWire = [...RequestParts, cf: WireValue, redirect: RequestRedirect, signal: WireValue];
type BlobParts = [size: number, type: string, name: string | undefined, lastModified: number | undefined];

const classes = stubOf(STREAMS);
const streams = createStreams({ classes: () => load(STREAMS), bytesOf: bytesOfChunk });

export const kinds = [
  {
    kind: "response",
    is: (value: object) => value instanceof Response,
    // A response to a handshake has no body, and no clone.
    encode: (response: Response, { encode }: Membrane) =>
      responseToWire(webSocketOf(response) === null ? response.clone() : response, encode),
    decode: (parts: ResponseParts, membrane: Membrane) => responseFromWire(parts, membrane.decode),
  },
  {
    kind: "request",
    is: (value: object) => value instanceof Request,
    encode: encodeRequest,
    decode: decodeRequest,
  },
  {
    kind: "headers",
    is: (value: object) => value instanceof Headers,
    encode: (headers: Headers) => [textOfHeaders(headers)],
    decode: ([text]: [text: string]) => new Headers(headersOfText(text)),
  },
  {
    kind: "url",
    is: (value: object) => value instanceof URL,
    encode: ({ href }: URL) => [href],
    decode: (parts: [href: string]) => new URL(parts[0]),
  },
  {
    kind: "readable",
    hasIdentity: true,
    is: (value: object) => value instanceof classes.ReadableStream,
    encode: streams.encodeReadable,
    decode: streams.decodeReadable,
    ask: (stream: ReadableStream, _: Membrane, what: "read" | "cancel", arg: unknown) =>
      streams.askReadable(stream, what, arg),
  },
  {
    kind: "writable",
    hasIdentity: true,
    is: (value: object) => value instanceof classes.WritableStream,
    encode: streams.encodeWritable,
    decode: streams.decodeWritable,
    ask: (stream: WritableStream, _: Membrane, what: "write" | "close" | "abort", arg?: unknown) =>
      streams.askWritable(stream, what, arg),
  },
  {
    kind: "signal",
    is: (value: object) => value instanceof AbortSignal,
    encode: (signal: AbortSignal, membrane: Membrane) => membrane.signals.encode(signal, membrane),
    decode: (parts: unknown, membrane: Membrane) => membrane.signals.decode(parts, membrane),
  },
  { kind: "key", hasIdentity: true, is: isKey, encode: partsOfKey, decode: (parts: KeyParts) => keyOfParts(...parts) },
  {
    kind: "blob",
    hasIdentity: true,
    is: isBlob,
    encode: encodeBlob,
    decode: (parts: BlobParts, membrane: Membrane, number: number) =>
      distantBlob(...parts, (from, to) => membrane.ask(number, from, to) as Promise<Uint8Array<ArrayBuffer>>),
  },
];

function encodeRequest(request: Request, { encode }: Membrane): RequestWire {
  const parts = requestToWire(request.clone(), encode);
  return [...parts, encode(getCf(request)), request.redirect, encode(request.signal)];
}

function decodeRequest([method, url, headers, body, cf, redirect, signal]: RequestWire, { decode }: Membrane) {
  const given = decode(signal) as AbortSignal;
  const request = requestFromWire(method, url, headers, body, decode, (abort) => follow(given, abort));
  setCf(request, decode(cf));
  toInnerRequest(request).redirectMode = redirect;
  return request;
}

function follow(signal: AbortSignal, abort: (reason: unknown) => void) {
  if (signal.aborted) return abort(signal.reason);
  signal.addEventListener("abort", () => abort(signal.reason));
}

/** An instance of a class that extends `Blob` has what no blob of Node's would have. */
function isBlob(value: object) {
  const prototype = Object.getPrototypeOf(value);
  return prototype === Blob.prototype || prototype === File.prototype;
}

function encodeBlob(blob: Blob & Partial<File>, membrane: Membrane): WireValue[] {
  const parts = contentOf(blob).map((part) =>
    part instanceof Uint8Array ? part : [membrane.encode(part.blob), part.start, part.end],
  );
  return [blob.type, blob.name, blob.lastModified, parts];
}
