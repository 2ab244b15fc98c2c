"use strict";
// The events that handlers of a service worker are called with, for suites that call the handlers of theirs in Node.

/** What an event waits for: an array of promises. The same in every copy of this package. */
const kWaitUntil = Symbol.for("miniflare-rs.waitUntil");

const TWICE = "FetchEvent.respondWith() has already been called; it can only be called once.";

function waitFor(event, promise) {
  const waits = event?.[kWaitUntil];
  if (waits === undefined) throw new TypeError("Illegal invocation");
  waits.push(Promise.resolve(promise));
}

class FetchEvent extends Event {
  [kWaitUntil] = [];
  #isAnswered = false;

  constructor(type, init) {
    super(type);
    this.request = init.request;
  }

  respondWith(_response) {
    if (this.#isAnswered) throw new DOMException(TWICE, "InvalidStateError");
    this.#isAnswered = true;
    this.stopImmediatePropagation();
  }

  passThroughOnException() {}

  waitUntil(promise) {
    waitFor(this, promise);
  }
}

class ScheduledEvent extends Event {
  [kWaitUntil] = [];

  constructor(type, init) {
    super(type);
    this.scheduledTime = init.scheduledTime;
    this.cron = init.cron;
  }

  waitUntil(promise) {
    waitFor(this, promise);
  }
}

module.exports = { FetchEvent, kWaitUntil, ScheduledEvent };
