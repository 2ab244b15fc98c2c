// Web objects crossing the membrane: they arrive as this realm's own, not as proxies. `node/node-web-kinds.ts` is Node's half.

import { core } from "ext:core/mod.js";
import { contentOf, distantBlob } from "ext:miniflare/web/blobs.js";
import { bytesOfChunk } from "ext:miniflare/web/bytes.js";
import { isKey, keyOfParts, partsOfKey } from "ext:miniflare/web/keys.js";
import {
  getCf,
  requestFromWire,
  requestToWire,
  responseFromWire,
  responseToWire,
  setCf,
} from "ext:miniflare/web/wire-request.js";
import { load, STREAMS, stubOf } from "ext:miniflare/realm/lazy.js";

const { Request, toInnerRequest } = core.loadExtScript("ext:deno_fetch/23_request.js");
const { Response } = core.loadExtScript("ext:deno_fetch/23_response.js");
const { Headers } = core.loadExtScript("ext:deno_fetch/20_headers.js");
const { AbortSignal } = core.loadExtScript("ext:deno_web/03_abort_signal.js");
const { Blob, File } = core.loadExtScript("ext:deno_web/09_file.js");
const { URL } = core.loadExtScript("ext:deno_web/00_url.js");
const { headersOfText, textOfHeaders } = core.loadExtScript("ext:miniflare/web/header-text.js");
const { createStreams } = core.loadExtScript("ext:miniflare/web/wire-streams.js");

const classes = stubOf(STREAMS);
const streams = createStreams({ classes: () => load(STREAMS), bytesOf: bytesOfChunk });

export const kinds = [
  {
    kind: "response",
    is: (value) => value instanceof Response,
    // A response to a handshake has no body, and no clone.
    encode: (response, { encode }) => responseToWire(response.webSocket ? response : response.clone(), encode),
    decode: (parts, membrane) => responseFromWire(parts, membrane.decode),
  },
  {
    kind: "request",
    is: (value) => value instanceof Request,
    encode: encodeRequest,
    decode: decodeRequest,
  },
  {
    kind: "headers",
    is: (value) => value instanceof Headers,
    encode: (headers) => [textOfHeaders(headers)],
    decode: ([text]) => new Headers(headersOfText(text)),
  },
  {
    kind: "url",
    is: (value) => value instanceof URL,
    encode: ({ href }) => [href],
    decode: (parts) => new URL(parts[0]),
  },
  {
    kind: "readable",
    hasIdentity: true,
    is: (value) => value instanceof classes.ReadableStream,
    encode: streams.encodeReadable,
    decode: streams.decodeReadable,
    ask: streams.askReadable,
  },
  {
    kind: "writable",
    hasIdentity: true,
    is: (value) => value instanceof classes.WritableStream,
    encode: streams.encodeWritable,
    decode: streams.decodeWritable,
    ask: streams.askWritable,
  },
  {
    kind: "signal",
    is: (value) => value instanceof AbortSignal,
    encode: (signal, membrane) => membrane.signals.encode(signal, membrane),
    decode: (parts, membrane) => membrane.signals.decode(parts, membrane),
  },
  { kind: "key", hasIdentity: true, is: isKey, encode: partsOfKey, decode: (parts) => keyOfParts(...parts) },
  {
    kind: "blob",
    hasIdentity: true,
    is: isBlob,
    encode: encodeBlob,
    decode: (parts, membrane, number) => distantBlob(...parts, (from, to) => membrane.ask(number, from, to)),
  },
];

function encodeRequest(request, { encode }) {
  const parts = requestToWire(request.clone(), encode);
  return [...parts, encode(getCf(request)), request.redirect, encode(request.signal)];
}

function decodeRequest([method, url, headers, body, cf, redirect, signal], { decode }) {
  const given = decode(signal);
  const request = requestFromWire(method, url, headers, body, decode, (abort) => follow(given, abort));
  setCf(request, decode(cf));
  toInnerRequest(request).redirectMode = redirect;
  return request;
}

function follow(signal, abort) {
  if (signal.aborted) return abort(signal.reason);
  signal.addEventListener("abort", () => abort(signal.reason));
}

/** An instance of a class that extends `Blob` has what no blob of Node's would have. */
function isBlob(value) {
  const prototype = Object.getPrototypeOf(value);
  return prototype === Blob.prototype || prototype === File.prototype;
}

function encodeBlob(blob, membrane) {
  const parts = contentOf(blob).map((part) =>
    part instanceof Uint8Array ? part : [membrane.encode(part.blob), part.start, part.end],
  );
  return [blob.type, blob.name, blob.lastModified, parts];
}
