// The global scope of a worker: what Workers have, and nothing else.
//
// Upstream's web APIs are loaded here, once, while the snapshot is made. The realm's own ECMAScript globals stay as
// they are; everything that deno_core put beside them goes at boot.

import { core } from "ext:core/mod.js";

const load = (name) => core.loadExtScript(name);
const abort = load("ext:deno_web/03_abort_signal.js");
const base64 = load("ext:deno_web/05_base64.js");
const encoding = load("ext:deno_web/08_text_encoding.js");
const event = load("ext:deno_web/02_event.js");
const file = load("ext:deno_web/09_file.js");
const url = load("ext:deno_web/00_url.js");
const webidl = load("ext:deno_webidl/00_webidl.js");
const { navigator, Navigator } = load("ext:miniflare/web/navigator.js");
const { DOMException } = load("ext:deno_web/01_dom_exception.js");

import { refuseClones, refuseStorage, structuredClone } from "ext:miniflare/web/clone.js";
import { console } from "ext:miniflare/web/console.js";
import * as crypto from "ext:miniflare/web/crypto.js";
// After the room of Web Crypto, which prepares upstream.
import "ext:miniflare/web/gcm.js";
import { FrozenDate, Performance, performance } from "ext:miniflare/web/date.js";
import {
  ExecutionContext,
  FetchEvent,
  ScheduledController,
  ScheduledEvent,
  ServiceWorkerGlobalScope,
  WorkerGlobalScope,
} from "ext:miniflare/web/events.js";
import { Headers } from "ext:miniflare/web/headers-class.js";
import { defineLazyGlobals } from "ext:miniflare/web/lazy-globals.js";
import { Request } from "ext:miniflare/web/request-class.js";
import { Response } from "ext:miniflare/web/response-class.js";
import "ext:miniflare/web/standins.js";
import * as timers from "ext:miniflare/web/timers.js";
import { ofRooms } from "ext:miniflare/worker/rooms.js";

const CLASSES = {
  AbortController: abort.AbortController,
  AbortSignal: abort.AbortSignal,
  Blob: file.Blob,
  CloseEvent: event.CloseEvent,
  Crypto: crypto.Crypto,
  CryptoKey: crypto.CryptoKey,
  CustomEvent: event.CustomEvent,
  Date: FrozenDate,
  DOMException,
  ErrorEvent: event.ErrorEvent,
  Event: event.Event,
  EventTarget: event.EventTarget,
  ExecutionContext,
  FetchEvent,
  File: file.File,
  Headers,
  MessageEvent: event.MessageEvent,
  Navigator,
  Performance,
  PromiseRejectionEvent: event.PromiseRejectionEvent,
  Request,
  Response,
  ScheduledController,
  ScheduledEvent,
  Scheduler: timers.Scheduler,
  SubtleCrypto: crypto.SubtleCrypto,
  TextDecoder: encoding.TextDecoder,
  TextDecoderStream: encoding.TextDecoderStream,
  TextEncoder: encoding.TextEncoder,
  TextEncoderStream: encoding.TextEncoderStream,
  URL: url.URL,
  URLSearchParams: url.URLSearchParams,
  WorkerGlobalScope,
};

/** As they are, whatever a worker puts in their place. */
export const FUNCTIONS = {
  atob: base64.atob,
  btoa: base64.btoa,
  clearInterval: timers.clearInterval,
  clearTimeout: timers.clearTimeout,
  global: globalThis,
  MINIFLARE: true,
  navigator,
  performance,
  scheduler: timers.scheduler,
  self: globalThis,
  setInterval: timers.setInterval,
  setTimeout: timers.setTimeout,
  structuredClone,
  ...ofRooms("functions"),
};

const GETTERS = {
  crypto: crypto.getCrypto,
  ...ofRooms("getters"),
};

const LAZY = ofRooms("lazyGlobals");
export const lazyGlobals = Object.values(LAZY).flat();

/** Ours, which upstream has not given the shape of interfaces. */
const OWN = [
  ExecutionContext,
  FetchEvent,
  Navigator,
  Performance,
  ScheduledController,
  ScheduledEvent,
  timers.Scheduler,
  WorkerGlobalScope,
];

/** Whose objects `structuredClone` copies; Web Crypto's keys among them. */
const CLONEABLE = new Set(["Blob", "CryptoKey", "DOMException", "Date", "File"]);

/** Makes this realm's global object a worker's global scope. */
export function defineGlobals() {
  for (const own of OWN) webidl.configureInterface(own);
  refuseClones(Object.keys(CLASSES).flatMap((name) => (CLONEABLE.has(name) ? [] : [CLASSES[name]])));
  refuseStorage([file.Blob, file.File, crypto.CryptoKey]);
  for (const [name, value] of Object.entries(CLASSES)) define(name, { value, writable: true, enumerable: false });
  defineLazyGlobals(LAZY);
  for (const [name, value] of Object.entries(FUNCTIONS)) define(name, { value, writable: true, enumerable: true });
  define("console", { value: console, writable: true, enumerable: false });
  for (const [name, get] of Object.entries(GETTERS)) defineLazily(name, get);
  define(webidl.brand, { value: webidl.brand });
  Object.setPrototypeOf(globalThis, ServiceWorkerGlobalScope.prototype);
  event.setEventTargetData(globalThis);
  event.saveGlobalThisReference(globalThis);
  for (const method of ["addEventListener", "removeEventListener", "dispatchEvent"]) {
    // Both forms work: `addEventListener(...)` and a reference taken out of the scope.
    define(method, { value: WorkerGlobalScope.prototype[method].bind(globalThis), writable: true, enumerable: true });
  }
}

/** A name that can be replaced, as others can, though its value is made when it is asked for. */
function defineLazily(name, get) {
  const set = (value) => define(name, { value, writable: true, enumerable: true });
  define(name, { get, set, enumerable: true });
}

function define(name, descriptor) {
  Object.defineProperty(globalThis, name, { configurable: true, ...descriptor });
}
