// The global scope of a worker: what Workers have, and nothing else.
//
// Upstream's web APIs are loaded here, once, while the snapshot is made. The realm's own ECMAScript globals stay as they
// are; everything that deno_core put beside them goes at boot.

import { core, internals } from "ext:core/mod.js";

// Names that upstream's fetch looks for; tracing is not part of a worker.
internals.__telemetry = {
  builtinTracer() {},
  ContextManager: { active() {} },
  DID_NOT_ENTER: Symbol(),
  enterSpan() {},
  exitSpan() {},
  TRACING_ENABLED: false,
  PROPAGATORS: [],
};
internals.__telemetryUtil = {
  updateSpanFromRequest() {},
  updateSpanFromClientResponse() {},
  updateSpanFromError() {},
};
internals.kKeyObject = Symbol("kKeyObject");

const load = (name) => core.loadExtScript(name);
const abort = load("ext:deno_web/03_abort_signal.js");
const base64 = load("ext:deno_web/05_base64.js");
const compression = load("ext:deno_web/14_compression.js");
const crypto = load("ext:deno_crypto/00_crypto.js");
const encoding = load("ext:deno_web/08_text_encoding.js");
const event = load("ext:deno_web/02_event.js");
const fetch = load("ext:deno_fetch/26_fetch.js");
const file = load("ext:deno_web/09_file.js");
const formData = load("ext:deno_fetch/21_formdata.js");
const headers = load("ext:deno_fetch/20_headers.js");
const messagePort = load("ext:deno_web/13_message_port.js");
const request = load("ext:deno_fetch/23_request.js");
const response = load("ext:deno_fetch/23_response.js");
const streams = load("ext:deno_web/06_streams.js");
const timers = load("ext:deno_web/02_timers.js");
const url = load("ext:deno_web/00_url.js");
const urlPattern = load("ext:deno_web/01_urlpattern.js");
const webidl = load("ext:deno_webidl/00_webidl.js");
const { DOMException } = load("ext:deno_web/01_dom_exception.js");

import { console } from "ext:miniflare/web/console.js";
import {
  ExecutionContext,
  FetchEvent,
  ScheduledController,
  ScheduledEvent,
  ServiceWorkerGlobalScope,
  WorkerGlobalScope,
} from "ext:miniflare/web/events.js";
import { getCf } from "ext:miniflare/worker/request.js";
import { navigator, Navigator, Scheduler, scheduler } from "ext:miniflare/web/misc.js";

const CLASSES = {
  AbortController: abort.AbortController,
  AbortSignal: abort.AbortSignal,
  Blob: file.Blob,
  ByteLengthQueuingStrategy: streams.ByteLengthQueuingStrategy,
  CloseEvent: event.CloseEvent,
  CompressionStream: compression.CompressionStream,
  CountQueuingStrategy: streams.CountQueuingStrategy,
  Crypto: crypto.Crypto,
  CryptoKey: crypto.CryptoKey,
  CustomEvent: event.CustomEvent,
  DecompressionStream: compression.DecompressionStream,
  DOMException,
  ErrorEvent: event.ErrorEvent,
  Event: event.Event,
  EventTarget: event.EventTarget,
  ExecutionContext,
  FetchEvent,
  File: file.File,
  FormData: formData.FormData,
  Headers: headers.Headers,
  MessageEvent: event.MessageEvent,
  Navigator,
  PromiseRejectionEvent: event.PromiseRejectionEvent,
  ReadableByteStreamController: streams.ReadableByteStreamController,
  ReadableStream: streams.ReadableStream,
  ReadableStreamBYOBReader: streams.ReadableStreamBYOBReader,
  ReadableStreamBYOBRequest: streams.ReadableStreamBYOBRequest,
  ReadableStreamDefaultController: streams.ReadableStreamDefaultController,
  ReadableStreamDefaultReader: streams.ReadableStreamDefaultReader,
  Request: request.Request,
  Response: response.Response,
  ScheduledController,
  ScheduledEvent,
  Scheduler,
  ServiceWorkerGlobalScope,
  SubtleCrypto: crypto.SubtleCrypto,
  TextDecoder: encoding.TextDecoder,
  TextDecoderStream: encoding.TextDecoderStream,
  TextEncoder: encoding.TextEncoder,
  TextEncoderStream: encoding.TextEncoderStream,
  TransformStream: streams.TransformStream,
  TransformStreamDefaultController: streams.TransformStreamDefaultController,
  URL: url.URL,
  URLPattern: urlPattern.URLPattern,
  URLSearchParams: url.URLSearchParams,
  WorkerGlobalScope,
  WritableStream: streams.WritableStream,
  WritableStreamDefaultController: streams.WritableStreamDefaultController,
  WritableStreamDefaultWriter: streams.WritableStreamDefaultWriter,
};

const FUNCTIONS = {
  atob: base64.atob,
  btoa: base64.btoa,
  clearInterval: timers.clearInterval,
  clearTimeout: timers.clearTimeout,
  console,
  fetch: fetch.fetch,
  global: globalThis,
  MINIFLARE: true,
  navigator,
  scheduler,
  self: globalThis,
  setInterval: timers.setInterval,
  setTimeout: timers.setTimeout,
  structuredClone: messagePort.structuredClone,
};

const GETTERS = {
  // The one instance lives in native memory, which a snapshot cannot hold.
  crypto: () => crypto.crypto,
};

/** Makes this realm's global object a worker's global scope. */
export function defineGlobals() {
  for (const [name, value] of Object.entries(CLASSES)) define(name, { value, writable: true, enumerable: false });
  for (const [name, value] of Object.entries(FUNCTIONS)) define(name, { value, writable: true, enumerable: true });
  for (const [name, get] of Object.entries(GETTERS)) define(name, { get, enumerable: true });
  Object.defineProperty(request.Request.prototype, "cf", {
    get() {
      return getCf(this);
    },
    configurable: true,
    enumerable: true,
  });
  define(webidl.brand, { value: webidl.brand });
  Object.setPrototypeOf(globalThis, ServiceWorkerGlobalScope.prototype);
  event.setEventTargetData(globalThis);
  event.saveGlobalThisReference(globalThis);
  for (const method of ["addEventListener", "removeEventListener", "dispatchEvent"]) {
    // Both forms work: `addEventListener(...)` and a reference taken out of the scope.
    define(method, { value: WorkerGlobalScope.prototype[method].bind(globalThis), writable: true, enumerable: true });
  }
}

function define(name, descriptor) {
  Object.defineProperty(globalThis, name, { configurable: true, ...descriptor });
}
