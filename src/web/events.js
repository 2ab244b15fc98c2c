// The events of a worker, and its global scope as their target.
//
// Unlike a browser's, a worker's dispatch throws what a listener throws: that is how a handler's error reaches the caller.

import { core } from "ext:core/mod.js";

const { Event, EventTarget } = core.loadExtScript("ext:deno_web/02_event.js");
const { DOMException } = core.loadExtScript("ext:deno_web/01_dom_exception.js");

const LIFECYCLE = new Set(["fetch", "scheduled", "queue", "trace"]);

/** What an event has gathered; private to the event classes and the dispatcher. */
const states = new WeakMap();

export function stateOf(event) {
  const state = states.get(event);
  if (state === undefined) throw new TypeError("Illegal invocation");
  return state;
}

function addWait(state, promise) {
  state.waits.push(promise);
}

export class FetchEvent extends Event {
  constructor(type, init) {
    super(type, init);
    states.set(this, { request: init.request, response: undefined, passThrough: false, waits: [], dispatched: false });
  }
  get request() {
    return stateOf(this).request;
  }
  respondWith(response) {
    const state = stateOf(this);
    if (state.response !== undefined) {
      const message = "FetchEvent.respondWith() has already been called; it can only be called once.";
      throw new DOMException(message, "InvalidStateError");
    }
    if (state.dispatched) {
      const message =
        "Too late to call FetchEvent.respondWith(). It must be called synchronously in the event handler.";
      throw new DOMException(message, "InvalidStateError");
    }
    this.stopImmediatePropagation();
    state.response = Promise.resolve(response);
    // The dispatcher awaits it after the event; until then a rejection is not unhandled.
    state.response.catch(() => {});
  }
  passThroughOnException() {
    stateOf(this).passThrough = true;
  }
  waitUntil(promise) {
    addWait(stateOf(this), promise);
  }
}

export class ScheduledEvent extends Event {
  constructor(type, init) {
    super(type, init);
    states.set(this, { scheduledTime: init.scheduledTime, cron: init.cron, waits: [] });
  }
  get scheduledTime() {
    return stateOf(this).scheduledTime;
  }
  get cron() {
    return stateOf(this).cron;
  }
  waitUntil(promise) {
    addWait(stateOf(this), promise);
  }
}

export class ScheduledController {
  constructor(scheduledTime, cron) {
    this.scheduledTime = scheduledTime;
    this.cron = cron;
  }
}

/** The third argument of module handlers. */
export class ExecutionContext {
  constructor(state = { waits: [], passThrough: false }) {
    states.set(this, state);
  }
  waitUntil(promise) {
    addWait(stateOf(this), promise);
  }
  passThroughOnException() {
    stateOf(this).passThrough = true;
  }
}

/** Resolves with the results of all promises, those added meanwhile included, in the order they were added. */
export async function settleWaits(waits) {
  let results = [];
  do {
    results = await Promise.all(waits);
  } while (results.length < waits.length);
  return results;
}

const listeners = new Map();
let inModules = false;
let warn;

/** In a module worker, handlers are exported; a listener for them is refused with a warning. Without one: no modules. */
export function useModules(onWarning) {
  inModules = onWarning !== undefined;
  warn = onWarning;
}

export const hasListeners = (type) => (listeners.get(type)?.length ?? 0) > 0;

export class WorkerGlobalScope extends EventTarget {
  addEventListener(type, listener, options) {
    type = String(type);
    if (inModules && LIFECYCLE.has(type)) return warn(moduleWarning(type));
    if (listener === null || listener === undefined) return;
    const list = listeners.get(type) ?? [];
    listeners.set(type, list);
    if (list.some((one) => one.listener === listener)) return;
    const entry = { listener, once: options?.once === true };
    list.push(entry);
    options?.signal?.addEventListener("abort", () => remove(list, entry));
  }
  removeEventListener(type, listener) {
    const list = listeners.get(String(type)) ?? [];
    remove(
      list,
      list.find((one) => one.listener === listener),
    );
  }
  dispatchEvent(event) {
    setTarget(event);
    for (const entry of [...(listeners.get(event.type) ?? [])]) {
      if (entry.once) remove(listeners.get(event.type), entry);
      if (typeof entry.listener === "function") entry.listener.call(globalThis, event);
      else entry.listener.handleEvent(event);
      if (stopped(event)) break;
    }
    return !event.defaultPrevented;
  }
}

const { setTarget: setEventTarget } = core.loadExtScript("ext:deno_web/02_event.js");

function setTarget(event) {
  setEventTarget(event, globalThis);
}

/** `stopImmediatePropagation` leaves no public trace; the flag is set by our own events' calls of it. */
const stops = new WeakSet();
const stopImmediately = Event.prototype.stopImmediatePropagation;
Event.prototype.stopImmediatePropagation = function stopImmediatePropagation() {
  stopImmediately.call(this);
  stops.add(this);
};
const stopped = (event) => stops.has(event);

function remove(list, entry) {
  const index = list.indexOf(entry);
  if (index >= 0) list.splice(index, 1);
}

function moduleWarning(type) {
  return `When using module syntax, the '${type}' event handler should be declared as an exported function on the root module as opposed to using the global addEventListener().`;
}

export class ServiceWorkerGlobalScope extends WorkerGlobalScope {}
