"use strict";
// The global scope of a worker for code that runs in the test: what Node lacks of it, and what is not as in a worker there.
// What few tests use is made when a test looks at it.

const { clearTimeout, setTimeout } = require("node:timers");
const { Headers } = require("../http/flat-headers.js");
const { Request } = require("../http/http-request.js");
const { Response } = require("../http/http-response.js");
const { keepPlaces, web } = require("../http/fetch-classes.js");
const { Navigator, navigator } = require("../../web/navigator.js");
const { createScheduler } = require("../../web/scheduler.js");
const events = require("./env-events.js");
const { fetchThrough } = require("./env-fetch.js");
const { configure } = require("./interfaces.js");

const ordinary = Function.prototype[Symbol.hasInstance];

/** What Node's own classes make is an instance too: streams, forms and blobs give such. */
function adopt(Class) {
  Object.defineProperty(Class, Symbol.hasInstance, {
    value(value) {
      return ordinary.call(this, value) || (this === Class && value instanceof web[Class.name]);
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

function toLong(value) {
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

const cryptoOf = () => require("./env-crypto.js");
const LAZY_CLASSES = {
  // Newer Nodes load theirs when it is looked at.
  ...("CloseEvent" in globalThis ? {} : { CloseEvent: () => require("./interfaces.js").CloseEvent }),
  Crypto: () => cryptoOf().Crypto,
  FixedLengthStream: () => require("./env-streams.js").FixedLengthStream,
  IdentityTransformStream: () => require("./env-streams.js").IdentityTransformStream,
  PromiseRejectionEvent: () => require("./interfaces.js").PromiseRejectionEvent,
  SubtleCrypto: () => cryptoOf().SubtleCrypto,
  URLPattern: () => require("./url-pattern.js").URLPattern,
};
const LAZY_VALUES = { crypto: () => cryptoOf().crypto };

/**
 * The names, as properties of an object with the attributes that they have in a worker. Those with a getter are made by it.
 * @param send calls the worker's `fetch`, as `Lane.fetch` does
 */
function webGlobals(send, caches) {
  keepPlaces();
  const values = { ...events.listening(), caches, fetch: fetchThrough(send), MINIFLARE: true, navigator, scheduler };
  const scope = {};
  const define = (names, descriptorOf, enumerable) => {
    for (const [name, value] of Object.entries(names)) {
      Object.defineProperty(scope, name, { ...descriptorOf(value), enumerable, configurable: true });
    }
  };
  const given = (value) => ({ value });
  const lazy = (get) => ({ get });
  define(CLASSES, given, false);
  define(LAZY_CLASSES, lazy, false);
  define(values, given, true);
  define(LAZY_VALUES, lazy, true);
  return scope;
}

module.exports = { webGlobals };
