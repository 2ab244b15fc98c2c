"use strict";
// Web objects crossing the membrane: they arrive as Node's own, not as proxies.

const { isProxy } = require("node:util").types;
const { parseHeaders } = require("../../node/http/flat-headers.js");
const { isRequest, Request, splitRequest } = require("../../node/http/http-request.js");
const { isLight, isResponse, lightResponse, splitResponse } = require("../../node/http/http-response.js");
const { classNamed } = require("../../node/http/fetch-classes.js");
const { DurableObjectId, partsOf } = require("../../durable/object-namespace.js");
const { chunkBytes, senderOfStream, streamFromSender } = require("./node-streams.js");

// Few suites bind streams or keys: their files are loaded for the first.
let loaded;
const streams = () =>
  (loaded ??= require("../membrane-streams.js").createStreams({ classes: () => globalThis, bytesOf: chunkBytes }));
const keys = () => require("./node-keys.js");

/** A body as it crosses: null, text, bytes, or a function that the worker calls for chunks. */
function bodyToWire(body, membrane) {
  const inMemory = body === null || typeof body === "string" || body instanceof Uint8Array;
  return inMemory ? body : membrane.encode(typeof body === "function" ? body : senderOfStream(body));
}

/** Null, text, bytes, or the function by which the body's stream is read. */
function bodyFromWire(wire, membrane) {
  return Array.isArray(wire) ? membrane.decode(wire) : wire;
}

const ENCODERS = {
  Response: encodeResponse,
  Request: encodeRequest,
  Headers: (headers) => ["headers", ...[...headers].flat()],
  URL: (url) => ["url", url.href],
  ReadableStream: (stream, membrane) => streams().encodeReadable(stream, membrane),
  WritableStream: (stream, membrane) => streams().encodeWritable(stream, membrane),
  AbortSignal: (signal, membrane) => membrane.signals.encode(signal, membrane),
  CryptoKey: encodeKey,
  Blob: encodeBlob,
  File: encodeBlob,
};
/** Not for a proxy or an instance of a class that extends one: what they have beyond it would be lost. */
const EXACT = new Set(["AbortSignal", "Blob", "CryptoKey", "File"]);

/** What belongs to one V8, and what to do instead. */
const UNSHARED = {
  "[object WebAssembly.Module]":
    "A WebAssembly.Module of Node's cannot enter a worker: name its file in the option wasmBindings, or import it in a module worker",
  "[object SharedArrayBuffer]":
    "A worker shares no memory with Node: pass an ArrayBuffer instead of a SharedArrayBuffer",
};

/** The tag of an object, unless looking at it throws. */
function tagOf(value) {
  try {
    return Object.prototype.toString.call(value);
  } catch {
    return undefined;
  }
}

function encodePlatform(value, membrane) {
  const refused = UNSHARED[tagOf(value)];
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
    if (!Object.hasOwn(ENCODERS, name) || !isOf(name, value)) continue;
    return !EXACT.has(name) || isExactly(value, name) ? name : undefined;
  }
}

/** Those of libraries are as good, and so are Node's own where others stand in for them. */
function isOf(name, value) {
  if (value instanceof classNamed(name)) return true;
  if (name === "Response") return isResponse(value);
  if (name === "Request") return isRequest(value);
  return name === "Headers" && typeof value.getSetCookie === "function" && typeof value[Symbol.iterator] === "function";
}

/** Node itself makes some of classes that extend the one it shows, but those add nothing that one could name. */
function isExactly(value, name) {
  if (isProxy(value)) return false;
  for (let one = value; one !== globalThis[name].prototype; one = Object.getPrototypeOf(one)) {
    if (Object.getOwnPropertyNames(one).some((key) => key !== "constructor")) return false;
  }
  return true;
}

function encodeKey(key, membrane) {
  const parts = keys().partsOfKey(key);
  return parts && ["w", membrane.number(key), "key", ...parts];
}

function encodeBlob(blob, membrane) {
  return ["w", membrane.number(blob), "blob", blob.size, blob.type, blob.name, blob.lastModified];
}

/** What the worker's own of an object asks of it. */
function askPlatform(object, ...args) {
  switch (classOf(object)) {
    case "ReadableStream":
      return streams().askReadable(object, ...args);
    case "WritableStream":
      return streams().askWritable(object, ...args);
    default:
      return bytesOfBlob(object, ...args);
  }
}

async function bytesOfBlob(blob, from, to) {
  return new Uint8Array(await blob.slice(from, to).arrayBuffer());
}

/** A signal of Node's, and what aborts it. */
function createSignal() {
  const controller = new AbortController();
  return { signal: controller.signal, abort: (reason) => controller.abort(reason) };
}

function encodeResponse(response, membrane) {
  const { status, statusText, headers, body } = splitResponse(response);
  return ["response", status, statusText, headers, bodyToWire(body, membrane)];
}

function encodeRequest(request, membrane) {
  const { method, url, headers, body, cf, redirect, signal } = splitRequest(request);
  const given = [membrane.encode(cf), redirect, membrane.encode(signal)];
  return ["request", method, url, headers, bodyToWire(body, membrane), ...given];
}

function decodePlatform(wire, membrane, number) {
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
    case "readable":
      return streams().decodeReadable(parts, membrane, number);
    case "writable":
      return streams().decodeWritable(parts, membrane, number);
    case "signal":
      return membrane.signals.decode(wire, membrane);
    case "key":
      return keys().keyFromParts(...parts) ?? membrane.standIn(number);
    case "blob":
      return decodeBlob(parts, membrane);
    default:
      throw new TypeError(`Unknown kind of value from a worker: ${kind}`);
  }
}

function decodeBlob([type, name, lastModified, content], membrane) {
  const parts = content.map((part) => (Array.isArray(part) ? membrane.decode(part[0]).slice(part[1], part[2]) : part));
  return name === undefined ? new Blob(parts, { type }) : new File(parts, name, { type, lastModified });
}

function decodeResponse([status, statusText, headers, body], membrane) {
  return lightResponse({ status, statusText, headers, body: bodyFromWire(body, membrane), waitUntil: undefined });
}

function decodeRequest([method, url, headers, body, cf, redirect, signal], membrane) {
  const given = { cf: membrane.decode(cf), redirect, signal: membrane.decode(signal) };
  return buildRequest({ method, url, headers, body: bodyFromWire(body, membrane), ...given });
}

/** A request of the parts that `splitRequest` gives, or that crossed. */
function buildRequest({ method, url, headers, body, cf, redirect, signal }) {
  const init = { method, headers: parseHeaders(headers), body, cf, redirect, signal };
  if (typeof body === "function") init.body = streamFromSender(body);
  if (init.body instanceof ReadableStream) init.duplex = "half";
  return new Request(url, init);
}

module.exports = {
  askPlatform,
  createSignal,
  bodyFromWire,
  bodyToWire,
  buildRequest,
  decodePlatform,
  encodePlatform,
};
