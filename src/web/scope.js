// The events of a worker, and its global scope as their target, in either realm.
//
// Unlike a browser's, a worker's dispatch throws what a listener throws: that is how a handler's error reaches the caller.
(() => {
  "use strict";

  const LIFECYCLE = new Set(["fetch", "scheduled", "queue", "trace"]);

  /**
   * @param Event the realm's own, as are `EventTarget` and `DOMException`
   * @param deliver `deliver(event, calls)` makes the event one of the global scope's and calls each, until the event is
   *   stopped or a call throws, which it throws on
   */
  function createScope({ Event, EventTarget, DOMException, deliver }) {
    return { ...createEvents({ Event, DOMException }), settleWaits, ...createTarget({ EventTarget, deliver }) };
  }

  function createEvents({ Event, DOMException }) {
    /** What an event has gathered; private to the event classes and the dispatcher. */
    const states = new WeakMap();

    function stateOf(event) {
      const state = states.get(event);
      if (state === undefined) throw new TypeError("Illegal invocation");
      return state;
    }

    const refused = (text) => new DOMException(text, "InvalidStateError");

    class FetchEvent extends Event {
      constructor(type, init) {
        super(type, init);
        const { request } = init;
        states.set(this, { request, response: undefined, passThrough: false, waits: [], dispatched: false });
      }
      get request() {
        return stateOf(this).request;
      }
      respondWith(response) {
        const state = stateOf(this);
        if (state.response !== undefined) {
          throw refused("FetchEvent.respondWith() has already been called; it can only be called once.");
        }
        if (state.dispatched) {
          const text =
            "Too late to call FetchEvent.respondWith(). It must be called synchronously in the event handler.";
          throw refused(text);
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
        stateOf(this).waits.push(promise);
      }
    }

    class ScheduledEvent extends Event {
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
        stateOf(this).waits.push(promise);
      }
    }

    class ScheduledController {
      constructor(scheduledTime, cron) {
        this.scheduledTime = scheduledTime;
        this.cron = cron;
      }
    }

    class QueueEvent extends Event {
      constructor(type, init) {
        super(type, init);
        states.set(this, { batch: init.batch, waits: [] });
      }
      get batch() {
        return stateOf(this).batch;
      }
      get queue() {
        return stateOf(this).batch.queue;
      }
      get messages() {
        return stateOf(this).batch.messages;
      }
      ackAll() {
        stateOf(this).batch.ackAll();
      }
      retryAll(options) {
        stateOf(this).batch.retryAll(options);
      }
      waitUntil(promise) {
        stateOf(this).waits.push(promise);
      }
    }

    /** The third argument of module handlers. */
    class ExecutionContext {
      constructor(state = { waits: [], passThrough: false }) {
        states.set(this, state);
      }
      waitUntil(promise) {
        stateOf(this).waits.push(promise);
      }
      passThroughOnException() {
        stateOf(this).passThrough = true;
      }
    }

    return { ExecutionContext, FetchEvent, QueueEvent, ScheduledController, ScheduledEvent, stateOf };
  }

  /** Resolves with the results of all promises, those added meanwhile included, in the order they were added. */
  async function settleWaits(waits) {
    let results = [];
    do {
      results = await Promise.all(waits);
    } while (results.length < waits.length);
    return results;
  }

  function createTarget({ EventTarget, deliver }) {
    const listeners = new Map();
    let inModules = false;
    let warn;

    class WorkerGlobalScope extends EventTarget {
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
        const list = listeners.get(event.type) ?? [];
        const call = (entry) => () => {
          if (entry.once) remove(list, entry);
          if (typeof entry.listener === "function") entry.listener.call(globalThis, event);
          else entry.listener.handleEvent(event);
        };
        deliver(event, list.map(call));
        return !event.defaultPrevented;
      }
    }

    return {
      hasListeners: (type) => (listeners.get(type)?.length ?? 0) > 0,
      ServiceWorkerGlobalScope: class ServiceWorkerGlobalScope extends WorkerGlobalScope {},
      /** In a module worker, handlers are exported; a listener for them is refused with a warning. Without one: no modules. */
      useModules(onWarning) {
        inModules = onWarning !== undefined;
        warn = onWarning;
      },
      WorkerGlobalScope,
    };
  }

  function remove(list, entry) {
    const index = list.indexOf(entry);
    if (index >= 0) list.splice(index, 1);
  }

  function moduleWarning(type) {
    return `When using module syntax, the '${type}' event handler should be declared as an exported function on the root module as opposed to using the global addEventListener().`;
  }

  const exported = { createScope };
  if (typeof module === "object") module.exports = exported;
  return exported;
})();
