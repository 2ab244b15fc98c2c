"use strict";
// The events of a worker whose handlers run in the test: what they are called with, and what they wait for.

const { describe } = require("../errors.js");

/** What an event or a context waits for. */
const waits = new WeakMap();

function waitsOf(event) {
  const found = waits.get(event);
  if (found !== undefined) return found;
  const text = "takes a FetchEvent, a ScheduledEvent or an ExecutionContext that the test has made";
  throw new TypeError(`getMiniflareWaitUntil() ${text}, got ${describe(event)}`);
}

function addWait(event, promise) {
  const found = waits.get(event);
  if (found === undefined) throw new TypeError("Illegal invocation");
  found.push(promise);
}

class FetchEvent extends Event {
  #response;

  constructor(type, init) {
    super(type);
    waits.set(this, []);
    this.request = init.request;
  }

  respondWith(response) {
    if (this.#response !== undefined) {
      const text = "FetchEvent.respondWith() has already been called; it can only be called once.";
      throw new DOMException(text, "InvalidStateError");
    }
    this.stopImmediatePropagation();
    this.#response = Promise.resolve(response);
  }

  passThroughOnException() {}

  waitUntil(promise) {
    addWait(this, promise);
  }
}

class ScheduledEvent extends Event {
  constructor(type, init) {
    super(type);
    waits.set(this, []);
    this.scheduledTime = init.scheduledTime;
    this.cron = init.cron;
  }

  waitUntil(promise) {
    addWait(this, promise);
  }
}

/** The third argument of module handlers. */
class ExecutionContext {
  constructor() {
    waits.set(this, []);
  }

  passThroughOnException() {}

  waitUntil(promise) {
    addWait(this, promise);
  }
}

/** The listeners of a service worker that the test imports. */
function eventGlobals() {
  const target = new EventTarget();
  const bound = (name) => target[name].bind(target);
  return {
    ExecutionContext,
    FetchEvent,
    ScheduledEvent,
    addEventListener: bound("addEventListener"),
    removeEventListener: bound("removeEventListener"),
    dispatchEvent: bound("dispatchEvent"),
  };
}

module.exports = { eventGlobals, waitsOf };
