// The events of the worker's realm, over upstream's.

import { core } from "ext:core/mod.js";

const { Event, EventTarget, setCurrentTarget, setTarget } = core.loadExtScript("ext:deno_web/02_event.js");
const { DOMException } = core.loadExtScript("ext:deno_web/01_dom_exception.js");
const { createScope } = core.loadExtScript("ext:miniflare/web/scope.js");

/** `stopImmediatePropagation` leaves no public trace; the flag is set by our own events' calls of it. */
const stops = new WeakSet();
const stopImmediately = Event.prototype.stopImmediatePropagation;
Event.prototype.stopImmediatePropagation = function stopImmediatePropagation() {
  stopImmediately.call(this);
  stops.add(this);
};

function deliver(event, calls) {
  setTarget(event, globalThis);
  setCurrentTarget(event, globalThis);
  try {
    for (const call of calls) {
      call();
      if (stops.has(event)) break;
    }
  } finally {
    setCurrentTarget(event, null);
  }
}

export const {
  ExecutionContext,
  FetchEvent,
  hasListeners,
  QueueEvent,
  ScheduledController,
  ScheduledEvent,
  ServiceWorkerGlobalScope,
  settleWaits,
  stateOf,
  useModules,
  WorkerGlobalScope,
} = createScope({ Event, EventTarget, DOMException, deliver });
