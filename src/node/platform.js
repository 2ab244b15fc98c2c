"use strict";
// Web objects crossing the membrane: they arrive as Node's own, not as proxies.

const { parseHeaders } = require("./headers.js");
const { Request, splitRequest } = require("./request.js");
const { isLight, lightResponse, splitResponse } = require("./response.js");
const { DurableObjectId, partsOf } = require("../durable/namespace.js");
const { createSources } = require("../membrane/sources.js");

const { sourceOfStream, streamFromSource } = createSources({
  streamClass: () => ReadableStream,
  bytesOf: chunkBytes,
});

/** A body as it crosses: null, text, bytes, or a source that the worker pulls. */
function bodyToWire(body, membrane) {
  const inMemory = body === null || typeof body === "string" || body instanceof Uint8Array;
  return inMemory ? body : membrane.encode(sourceOfStream(body));
}

function bodyFromWire(wire, membrane) {
  return Array.isArray(wire) ? streamFromSource(membrane.decode(wire)) : wire;
}

function chunkBytes(chunk) {
  if (ArrayBuffer.isView(chunk)) return new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.byteLength);
  if (Object.prototype.toString.call(chunk) === "[object ArrayBuffer]") return new Uint8Array(chunk);
  throw new TypeError(`A body stream's chunks are bytes (Uint8Array), got ${typeof chunk}`);
}

const ENCODERS = {
  Response: encodeResponse,
  Request: encodeRequest,
  Headers: (headers) => ["headers", ...[...headers].flat()],
  URL: (url) => ["url", url.href],
  ReadableStream: (stream, membrane) => ["stream", membrane.encode(sourceOfStream(stream))],
};

/** What belongs to one V8, and what to do instead. */
const UNSHARED = {
  "[object WebAssembly.Module]":
    "A WebAssembly.Module of Node's cannot enter a worker: name its file in the option wasmBindings, or import it in a module worker",
  "[object SharedArrayBuffer]":
    "A worker shares no memory with Node: pass an ArrayBuffer instead of a SharedArrayBuffer",
};

function encodePlatform(value, membrane) {
  const refused = UNSHARED[Object.prototype.toString.call(value)];
  if (refused !== undefined) throw new TypeError(refused);
  if (isLight(value)) return encodeResponse(value, membrane);
  const parts = partsOf(value);
  if (parts !== undefined) return ["objectId", ...parts, value.name];
  const name = classOf(value);
  return name === undefined ? undefined : ENCODERS[name](value, membrane);
}

// Node's class is asked about only a value that names it: the question alone would load it.
function classOf(value) {
  for (let one = Object.getPrototypeOf(value); one !== null; one = Object.getPrototypeOf(one)) {
    const name = Object.getOwnPropertyDescriptor(one, "constructor")?.value?.name;
    if (Object.hasOwn(ENCODERS, name) && value instanceof globalThis[name]) return name;
  }
}

function encodeResponse(response, membrane) {
  const { status, statusText, headers, body } = splitResponse(response);
  return ["response", status, statusText, headers, bodyToWire(body, membrane)];
}

function encodeRequest(request, membrane) {
  const { method, url, headers, body } = splitRequest(request);
  return ["request", method, url, headers, bodyToWire(body, membrane)];
}

function decodePlatform(wire, membrane) {
  const [kind, ...parts] = wire;
  switch (kind) {
    case "response":
      return decodeResponse(parts, membrane);
    case "request":
      return decodeRequest(parts, membrane);
    case "headers":
      return parseHeaders(parts.join("\n"));
    case "url":
      return new URL(parts[0]);
    case "objectId":
      return new DurableObjectId(...parts);
    case "stream":
      return streamFromSource(membrane.decode(parts[0]));
    default:
      throw new TypeError(`Unknown kind of value from a worker: ${kind}`);
  }
}

function decodeResponse([status, statusText, headers, body], membrane) {
  return lightResponse({ status, statusText, headers, body: bodyFromWire(body, membrane), waitUntil: undefined });
}

function decodeRequest([method, url, headers, body], membrane) {
  return buildRequest({ method, url, headers, body: bodyFromWire(body, membrane) });
}

/** A request of the parts that `splitRequest` gives. */
function buildRequest({ method, url, headers, body, cf }) {
  const init = { method, headers: parseHeaders(headers), body, cf };
  if (body instanceof ReadableStream) init.duplex = "half";
  return new Request(url, init);
}

module.exports = { bodyFromWire, bodyToWire, buildRequest, decodePlatform, encodePlatform, streamFromSource };
