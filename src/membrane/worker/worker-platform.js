// Web objects crossing the membrane: they arrive as this realm's own, not as proxies.

import { core } from "ext:core/mod.js";
import {
  getCf,
  requestFromWire,
  requestToWire,
  responseFromWire,
  responseToWire,
  setCf,
} from "ext:miniflare/membrane/worker/worker-request.js";
import { contentOf, distantBlob } from "ext:miniflare/web/blobs.js";
import { bytesOfChunk } from "ext:miniflare/web/bytes.js";
import { isKey, keyOfParts, partsOfKey } from "ext:miniflare/web/keys.js";
import { load, STREAMS, understudy, understudyOf } from "ext:miniflare/realm/lazy.js";

const { Request, toInnerRequest } = core.loadExtScript("ext:deno_fetch/23_request.js");
const { Response } = core.loadExtScript("ext:deno_fetch/23_response.js");
const { Headers } = core.loadExtScript("ext:deno_fetch/20_headers.js");
const { AbortSignal, newSignal, signalAbort } = core.loadExtScript("ext:deno_web/03_abort_signal.js");
const { Blob, File } = core.loadExtScript("ext:deno_web/09_file.js");
const { URL } = core.loadExtScript("ext:deno_web/00_url.js");
const { createStreams } = core.loadExtScript("ext:miniflare/membrane/membrane-streams.js");

const OBJECTS = "ext:miniflare/durable/object-namespace.js";
const classes = understudyOf(STREAMS);
const objects = understudy(OBJECTS, [], ["DurableObjectId"]);
const streams = createStreams({ classes: () => load(STREAMS), bytesOf: bytesOfChunk });

/** A signal of this realm, and what aborts it. */
export function createSignal() {
  const signal = newSignal();
  return { signal, abort: (reason) => signal[signalAbort](reason) };
}

/** What crosses for a web object; undefined when the value is none. */
export function encodePlatform(value, membrane) {
  if (value instanceof Response) return ["response", ...responseToWire(value.clone(), membrane.encode)];
  if (value instanceof Request) return encodeRequest(value, membrane.encode);
  if (value instanceof Headers) return ["headers", ...[...value].flat()];
  if (value instanceof URL) return ["url", value.href];
  if (value instanceof objects.DurableObjectId) return ["objectId", ...objects.partsOf(value), value.name];
  if (value instanceof classes.ReadableStream) return streams.encodeReadable(value, membrane);
  if (value instanceof classes.WritableStream) return streams.encodeWritable(value, membrane);
  if (value instanceof AbortSignal) return membrane.signals.encode(value, membrane);
  if (isKey(value)) return ["w", membrane.number(value), "key", ...partsOfKey(value)];
  return isBlob(value) ? encodeBlob(value, membrane) : undefined;
}

function encodeRequest(request, encode) {
  const parts = requestToWire(request.clone(), encode);
  return ["request", ...parts, encode(getCf(request)), request.redirect, encode(request.signal)];
}

function decodeRequest([method, url, headers, body, cf, redirect, signal], decode) {
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
  return ["w", membrane.number(blob), "blob", blob.type, blob.name, blob.lastModified, parts];
}

/** What Node's own of an object asks of it. */
export function askPlatform(object, ...args) {
  const isReadable = object instanceof classes.ReadableStream;
  return isReadable ? streams.askReadable(object, ...args) : streams.askWritable(object, ...args);
}

export function decodePlatform(wire, membrane, number) {
  const [kind, ...parts] = wire;
  switch (kind) {
    case "response":
      return responseFromWire(...parts, membrane.decode);
    case "request":
      return decodeRequest(parts, membrane.decode);
    case "headers":
      return new Headers(pairs(parts));
    case "url":
      return new URL(parts[0]);
    case "objectId":
      return new (load(OBJECTS).DurableObjectId)(...parts);
    case "readable":
      return streams.decodeReadable(parts, membrane, number);
    case "writable":
      return streams.decodeWritable(parts, membrane, number);
    case "signal":
      return membrane.signals.decode(wire, membrane);
    case "key":
      return keyOfParts(...parts);
    case "blob":
      return distantBlob(...parts, (from, to) => membrane.ask(number, from, to));
    default:
      throw new TypeError(`Unknown kind of value from Node: ${kind}`);
  }
}

function pairs(flat) {
  return flat.filter((_, index) => index % 2 === 0).map((name, index) => [name, flat[2 * index + 1]]);
}
