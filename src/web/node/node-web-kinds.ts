// Web objects crossing the membrane: they arrive as Node's own, not as proxies. Node's half of `../web-kinds.js`.

import { types } from "node:util";
const { isProxy } = types;
import { parseHeaders } from "../../node/http/flat-headers.ts";
import { buildRequest, isRequest, splitRequest } from "../../node/http/http-request.ts";
import { isLight, isResponse, lightResponse, splitResponse } from "../../node/http/http-response.ts";
import { classNamed } from "../../node/http/fetch-classes.ts";
import { tagOf } from "../../membrane/attempt.js";
import { textOfHeaders } from "../header-text.js";
import { bodyFromWire, bodyToWire, chunkBytes } from "./node-streams.ts";

// Few suites bind streams or keys: their files are loaded for the first.
let loaded;
const streams = () =>
  (loaded ??= require("../wire-streams.js").createStreams({ classes: () => globalThis, bytesOf: chunkBytes }));
const keys = () => require("./node-keys.ts");

/** What belongs to one V8, and what to do instead. */
const UNSHARED = {
  "[object WebAssembly.Module]":
    "A WebAssembly.Module of Node's cannot enter a worker: name its file in the option wasmBindings, or import it in a module worker",
  "[object SharedArrayBuffer]":
    "A worker shares no memory with Node: pass an ArrayBuffer instead of a SharedArrayBuffer",
};

// Node's class is asked about only a value that names it: the question alone would load it.
const isOf = (value, name) => value instanceof classNamed(name);
/** Not a proxy or an instance of a class that extends one: what they have beyond it would be lost. */
const isOnly = (value, name) => isOf(value, name) && isExactly(value, name);

const response = {
  kind: "response",
  encode(value, membrane) {
    const { status, statusText, headers, body } = splitResponse(value);
    return [status, statusText, headers, bodyToWire(body, membrane)];
  },
  decode: ([status, statusText, headers, body], membrane) =>
    lightResponse({ status, statusText, headers, body: bodyFromWire(body, membrane), waitUntil: undefined }),
};

const kinds = [
  { kind: "unshared", is: (value) => Object.hasOwn(UNSHARED, tagOf(value)), encode: refuse },
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
    encode: (headers) => [textOfHeaders(headers)],
    decode: ([text]) => parseHeaders(text),
  },
  { kind: "url", named: ["URL"], is: isOf, encode: ({ href }) => [href], decode: ([href]) => new URL(href) },
  {
    kind: "readable",
    hasIdentity: true,
    named: ["ReadableStream"],
    is: isOf,
    encode: (stream) => streams().encodeReadable(stream),
    decode: (...parts) => streams().decodeReadable(...parts),
    ask: (...args) => streams().askReadable(...args),
  },
  {
    kind: "writable",
    hasIdentity: true,
    named: ["WritableStream"],
    is: isOf,
    encode: (stream) => streams().encodeWritable(stream),
    decode: (...parts) => streams().decodeWritable(...parts),
    ask: (...args) => streams().askWritable(...args),
  },
  {
    kind: "signal",
    named: ["AbortSignal"],
    is: isOnly,
    encode: (signal, membrane) => membrane.signals.encode(signal, membrane),
    decode: (parts, membrane) => membrane.signals.decode(parts, membrane),
  },
  {
    kind: "key",
    hasIdentity: true,
    named: ["CryptoKey"],
    is: isOnly,
    encode: (key) => keys().partsOfKey(key),
    decode: (parts, membrane, number) => keys().keyFromParts(...parts) ?? membrane.standIn(number),
  },
  {
    kind: "blob",
    hasIdentity: true,
    named: ["Blob", "File"],
    is: isOnly,
    encode: ({ size, type, name, lastModified }) => [size, type, name, lastModified],
    decode: decodeBlob,
    ask: bytesOfBlob,
  },
];

function refuse(value): never {
  throw new TypeError(UNSHARED[tagOf(value)]);
}

const hasHeaders = (value) => typeof value.getSetCookie === "function" && typeof value[Symbol.iterator] === "function";

/** Node itself makes some of classes that extend the one it shows, but those add nothing that one could name. */
function isExactly(value, name) {
  if (isProxy(value)) return false;
  for (let one = value; one !== globalThis[name].prototype; one = Object.getPrototypeOf(one)) {
    if (Object.getOwnPropertyNames(one).some((key) => key !== "constructor")) return false;
  }
  return true;
}

function encodeRequest(request, membrane) {
  const { method, url, headers, body, cf, redirect, signal } = splitRequest(request);
  const given = [membrane.encode(cf), redirect, membrane.encode(signal)];
  return [method, url, headers, bodyToWire(body, membrane), ...given];
}

function decodeRequest([method, url, headers, body, cf, redirect, signal], membrane) {
  const given = { cf: membrane.decode(cf), redirect, signal: membrane.decode(signal) };
  return buildRequest({ method, url, headers, body: bodyFromWire(body, membrane), ...given });
}

function decodeBlob([type, name, lastModified, content], membrane) {
  const parts = content.map((part) => (Array.isArray(part) ? membrane.decode(part[0]).slice(part[1], part[2]) : part));
  return name === undefined ? new Blob(parts, { type }) : new File(parts, name, { type, lastModified });
}

async function bytesOfBlob(blob, from, to) {
  return new Uint8Array(await blob.slice(from, to).arrayBuffer());
}

export { kinds };
