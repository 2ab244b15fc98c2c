// The global scope of a worker: what Workers have, and nothing else.
//
// Upstream's web APIs are loaded here, once, while the snapshot is made. The realm's own ECMAScript globals stay as
// they are; everything that deno_core put beside them goes at boot.

import { core } from "ext:core/mod.js";

const load: typeof core.loadExtScript = (name) => core.loadExtScript(name);
const abort = load("ext:deno_web/03_abort_signal.js");
const base64 = load("ext:deno_web/05_base64.js");
const encoding = load("ext:deno_web/08_text_encoding.js");
const event = load("ext:deno_web/02_event.js");
const file = load("ext:deno_web/09_file.js");
const url = load("ext:deno_web/00_url.js");
const webidl = load("ext:deno_webidl/00_webidl.js");
const { DOMException } = load("ext:deno_web/01_dom_exception.js");

import { refuseClones, refuseStorage, structuredClone } from "ext:miniflare/web/clone.ts";
import { console } from "ext:miniflare/web/console.ts";
import * as crypto from "ext:miniflare/web/crypto.ts";
// After the room of Web Crypto, which prepares upstream.
import "ext:miniflare/web/gcm.ts";
import { FrozenDate, Performance, performance } from "ext:miniflare/web/date.ts";
import {
  ExecutionContext,
  FetchEvent,
  ScheduledController,
  ScheduledEvent,
  ServiceWorkerGlobalScope,
  WorkerGlobalScope,
} from "ext:miniflare/web/events.ts";
import { Headers } from "ext:miniflare/web/headers-class.ts";
import { defineLazyGlobals } from "ext:miniflare/web/lazy-globals.ts";
import { Request } from "ext:miniflare/web/request-class.ts";
import { Response } from "ext:miniflare/web/response-class.ts";
import "ext:miniflare/web/standins.ts";
import * as timers from "ext:miniflare/web/timers.ts";
import { ofRooms } from "ext:miniflare/worker/rooms.ts";
import { navigator, Navigator } from "ext:miniflare/web/navigator.ts";

const CLASSES: Record<string, { readonly prototype: object }> = {
  AbortController: abort.AbortController,
  AbortSignal: abort.AbortSignal,
  Blob: file.Blob,
  CloseEvent: event.CloseEvent,
  Crypto: crypto.Crypto,
  CryptoKey: crypto.CryptoKey,
  CustomEvent: event.CustomEvent,
  Date: FrozenDate,
  DOMException,
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
  for (const method of ["addEventListener", "removeEventListener", "dispatchEvent"] as const) {
    // Both forms work: `addEventListener(...)` and a reference taken out of the scope.
    define(method, { value: WorkerGlobalScope.prototype[method].bind(globalThis), writable: true, enumerable: true });
  }
}

/** A name that can be replaced, as others can, though its value is made when it is asked for. */
function defineLazily(name: string, get: () => unknown) {
  const set = (value: unknown) => define(name, { value, writable: true, enumerable: true });
  define(name, { get, set, enumerable: true });
}

function define(name: string | symbol, descriptor: PropertyDescriptor) {
  Object.defineProperty(globalThis, name, { configurable: true, ...descriptor });
}
