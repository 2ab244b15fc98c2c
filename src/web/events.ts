// The events of the worker's realm, over upstream's.

import { core } from "ext:core/mod.js";
import { createScope } from "ext:miniflare/web/scope.ts";

const { Event, EventTarget, setCurrentTarget, setTarget } = core.loadExtScript("ext:deno_web/02_event.js");
const { DOMException } = core.loadExtScript("ext:deno_web/01_dom_exception.js");

/** `stopImmediatePropagation` leaves no public trace; the flag is set by our own events' calls of it. */
const stops = new WeakSet<Event>();
const stopImmediately = Event.prototype.stopImmediatePropagation;
Event.prototype.stopImmediatePropagation = function stopImmediatePropagation() {
  stopImmediately.call(this);
  stops.add(this);
};

function deliver(event: Event, calls: (() => void)[]) {
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
