// The global scope of a worker for code that runs in the test: what Node lacks of it, and what is not as in a worker there.
// What few tests use is made when a test looks at it.

import timers from "node:timers";
const { clearTimeout, setTimeout } = timers;
import { Headers } from "../http/flat-headers.ts";
import { Request } from "../http/http-request.ts";
import { Response } from "../http/http-response.ts";
import { classNamed, keepPlaces } from "../http/fetch-classes.ts";
import { Navigator, navigator } from "../../web/navigator.ts";
import { createScheduler } from "../../web/scheduler.ts";
import * as events from "./env-events.ts";
import { fetchThrough } from "./env-fetch.ts";
import { configure } from "./interfaces.ts";
import type { CacheStorage } from "../../../index.d.ts";

const ordinary = Function.prototype[Symbol.hasInstance];

/** What Node's own classes make is an instance too: streams, forms and blobs give such. */
function adopt(Class: typeof Headers | typeof Request | typeof Response) {
  Object.defineProperty(Class, Symbol.hasInstance, {
    value(value: unknown) {
      return ordinary.call(this, value) || (this === Class && value instanceof classNamed(Class.name));
    },
    configurable: true,
  });
}

const { Scheduler, scheduler } = createScheduler({
  DOMException,
  begin() {},
  start: setTimeout,
  clear: clearTimeout,
  toLong,
});

function toLong(value: unknown) {
  return Number(value) | 0;
}

const { ExecutionContext, FetchEvent, ScheduledController, ScheduledEvent, WorkerGlobalScope } = events;

const CLASSES = {
  ExecutionContext,
  FetchEvent,
  Headers,
  Navigator,
  Request,
  Response,
  ScheduledController,
  ScheduledEvent,
  Scheduler,
  WorkerGlobalScope,
};
configure(ExecutionContext, FetchEvent, Navigator, ScheduledController, ScheduledEvent, Scheduler, WorkerGlobalScope);
configure(Headers, Request, Response);
for (const Class of [Headers, Request, Response]) adopt(Class);

const cryptoOf = () => require("./env-crypto.ts") as typeof import("./env-crypto.ts");
const LAZY_CLASSES = {
  CloseEvent: () => require("./interfaces.ts").CloseEvent,
  Crypto: () => cryptoOf().Crypto,
  ErrorEvent: () => require("./interfaces.ts").ErrorEvent,
  FixedLengthStream: () => require("./env-streams.ts").FixedLengthStream,
  IdentityTransformStream: () => require("./env-streams.ts").IdentityTransformStream,
  PromiseRejectionEvent: () => require("./interfaces.ts").PromiseRejectionEvent,
  SubtleCrypto: () => cryptoOf().SubtleCrypto,
  URLPattern: () => require("./url-pattern.ts").URLPattern,
  WebSocket: () => require("../../websocket/node/node-sockets.ts").WebSocket,
  WebSocketPair: () => require("../../websocket/node/node-sockets.ts").WebSocketPair,
  WebSocketRequestResponsePair: () => require("../../durable/request-response-pair.ts").WebSocketRequestResponsePair,
};
const LAZY_VALUES = { crypto: () => cryptoOf().crypto };

/**
 * The names, as properties of an object with the attributes that they have in a worker. Those with a getter are made by it.
 * @param send calls the worker's `fetch`, as `Lane.fetch` does
 */
function webGlobals(send: Parameters<typeof fetchThrough>[0], caches: CacheStorage): object {
  keepPlaces();
  const values = { ...events.listening(), caches, fetch: fetchThrough(send), MINIFLARE: true, navigator, scheduler };
  const scope = {};
  const define = <Value>(
    names: Record<string, Value>,
    descriptorOf: (value: Value) => PropertyDescriptor,
    enumerable: boolean,
  ) => {
    for (const [name, value] of Object.entries(names)) {
      Object.defineProperty(scope, name, { ...descriptorOf(value), enumerable, configurable: true });
    }
  };
  const given = (value: unknown) => ({ value });
  const lazy = (get: () => unknown) => ({ get });
  define(CLASSES, given, false);
  define(LAZY_CLASSES, lazy, false);
  define(values, given, true);
  define(LAZY_VALUES, lazy, true);
  return scope;
}

export { webGlobals };
