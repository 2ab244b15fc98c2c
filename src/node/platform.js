"use strict";
// Web objects crossing the membrane: they arrive as Node's own, not as proxies.

const { splitRequest } = require("./request.js");
const { lightResponse, Response, splitResponse } = require("./response.js");
const { parseHeaders } = require("./headers.js");
const { Request } = require("./request.js");
const { DurableObjectId, partsOf } = require("../durable/namespace.js");

/** A body as it crosses: null, text, bytes, or a source that the worker pulls. */
function bodyToWire(body, membrane) {
  const inMemory = body === null || typeof body === "string" || body instanceof Uint8Array;
  return inMemory ? body : membrane.encode(sourceOfStream(body));
}

function bodyFromWire(wire, membrane) {
  return Array.isArray(wire) ? streamFromSource(membrane.decode(wire)) : wire;
}

/** A source over a stream: a chunk when the worker wants one. */
function sourceOfStream(stream) {
  const reader = stream.getReader();
  return {
    async pull() {
      for (;;) {
        const { done, value } = await reader.read();
        if (done) return null;
        const chunk = chunkBytes(value);
        if (chunk.byteLength > 0) return chunk;
      }
    },
    cancel: (reason) => reader.cancel(reason),
  };
}

function chunkBytes(chunk) {
  if (ArrayBuffer.isView(chunk)) return new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.byteLength);
  if (Object.prototype.toString.call(chunk) === "[object ArrayBuffer]") return new Uint8Array(chunk);
  throw new TypeError(`A body stream's chunks are bytes (Uint8Array), got ${typeof chunk}`);
}

/** A byte stream over a worker's source; nothing is pulled before someone reads. */
function streamFromSource(source) {
  return new ReadableStream(
    {
      type: "bytes",
      async pull(controller) {
        const chunk = await source.pull();
        if (chunk !== null) return controller.enqueue(chunk);
        controller.close();
        controller.byobRequest?.respond(0);
      },
      cancel: (reason) => source.cancel(reason),
    },
    { highWaterMark: 0 },
  );
}

function encodePlatform(value, membrane) {
  if (value instanceof globalThis.Response) {
    const { status, statusText, headers, body } = splitResponse(value);
    return ["response", status, statusText, headers, bodyToWire(body, membrane)];
  }
  if (value instanceof globalThis.Request) {
    const { method, url, headers, body } = splitRequest(value);
    return ["request", method, url, headers, bodyToWire(body, membrane)];
  }
  if (value instanceof Headers) return ["headers", ...[...value].flat()];
  if (value instanceof URL) return ["url", value.href];
  if (value instanceof DurableObjectId) return ["objectId", ...partsOf(value), value.name];
  if (value instanceof ReadableStream) return ["stream", membrane.encode(sourceOfStream(value))];
  return undefined;
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
  const init = { method, headers: parseHeaders(headers), body: bodyFromWire(body, membrane) };
  if (init.body instanceof ReadableStream) init.duplex = "half";
  return new Request(url, init);
}

module.exports = { bodyFromWire, bodyToWire, decodePlatform, encodePlatform, Response };
