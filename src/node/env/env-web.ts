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
import type { ClassMakers, ValueMakers } from "./global-names.ts";

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
configure(ExecutionContext, FetchEvent, Navigator, ScheduledController, ScheduledEvent, Scheduler, WorkerGlobalScope);
configure(Headers, Request, Response);
for (const Class of [Headers, Request, Response]) adopt(Class);

const cryptoOf = () => require("./env-crypto.ts") as typeof import("./env-crypto.ts");
const eventsOf = () => require("./interfaces.ts") as typeof import("./interfaces.ts");
const streamsOf = () => require("./env-streams.ts") as typeof import("./env-streams.ts");
const socketsOf = () =>
  require("../../websocket/node/node-sockets.ts") as typeof import("../../websocket/node/node-sockets.ts");
const classes: ClassMakers = {
  CloseEvent: () => eventsOf().CloseEvent,
  Crypto: () => cryptoOf().Crypto,
  ErrorEvent: () => eventsOf().ErrorEvent,
  ExecutionContext: () => ExecutionContext,
  FetchEvent: () => FetchEvent,
  FixedLengthStream: () => streamsOf().FixedLengthStream,
  Headers: () => Headers,
  IdentityTransformStream: () => streamsOf().IdentityTransformStream,
  Navigator: () => Navigator,
  PromiseRejectionEvent: () => eventsOf().PromiseRejectionEvent,
  Request: () => Request,
  Response: () => Response,
  ScheduledController: () => ScheduledController,
  ScheduledEvent: () => ScheduledEvent,
  Scheduler: () => Scheduler,
  SubtleCrypto: () => cryptoOf().SubtleCrypto,
  URLPattern: () => (require("./url-pattern.ts") as typeof import("./url-pattern.ts")).URLPattern,
  WebSocket: () => socketsOf().WebSocket,
  WebSocketPair: () => socketsOf().WebSocketPair,
  WebSocketRequestResponsePair: () =>
    (require("../../durable/request-response-pair.ts") as typeof import("../../durable/request-response-pair.ts"))
      .WebSocketRequestResponsePair,
  WorkerGlobalScope: () => WorkerGlobalScope,
};

/**
 * The names, as accessors that make what they stand for, enumerable or not as in a worker.
 * @param send calls the worker's `fetch`, as `Lane.fetch` does
 */
function webGlobals(send: Parameters<typeof fetchThrough>[0], caches: () => CacheStorage): object {
  keepPlaces();
  const { addEventListener, dispatchEvent, removeEventListener } = events.listening();
  const fetch = fetchThrough(send);
  const values: ValueMakers = {
    addEventListener: () => addEventListener,
    caches,
    crypto: () => cryptoOf().crypto,
    dispatchEvent: () => dispatchEvent,
    fetch: () => fetch,
    MINIFLARE: () => true,
    navigator: () => navigator,
    removeEventListener: () => removeEventListener,
    scheduler: () => scheduler,
  };
  const scope = {};
  for (const [makers, enumerable] of [[classes, false] as const, [values, true] as const]) {
    for (const [name, get] of Object.entries(makers)) {
      Object.defineProperty(scope, name, { get, enumerable, configurable: true });
    }
  }
  return scope;
}

export { webGlobals };
