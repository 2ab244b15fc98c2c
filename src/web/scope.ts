// The events of a worker, and its global scope as their target, in either realm.
//
// Unlike a browser's, a worker's dispatch throws what a listener throws: that is how a handler's error reaches the caller.

import type { MessageBatch, QueueRetryOptions } from "../../index.d.ts";

const LIFECYCLE = new Set(["fetch", "scheduled", "queue", "trace"]);

/** What an event or a context has gathered. */
interface EventState {
  /** What was passed to `waitUntil()`, in order. */
  waits: unknown[];
  passThrough?: boolean;
  /** What the binding gives that the event came by. */
  props?: unknown;
  response?: Promise<unknown> | undefined;
  dispatched?: boolean;
  request?: Request;
  scheduledTime?: number;
  cron?: string;
  batch?: MessageBatch;
}

interface ExecutionContext {
  readonly exports: unknown;
  readonly props: unknown;
  waitUntil(promise: unknown): void;
  passThroughOnException(): void;
}

interface FetchEvent extends Event, Omit<ExecutionContext, "exports" | "props"> {
  readonly request: Request;
  respondWith(response: unknown): void;
}

interface ScheduledEvent extends Event {
  readonly scheduledTime: number;
  readonly cron: string;
  waitUntil(promise: unknown): void;
}

interface QueueEvent extends Event {
  readonly batch: MessageBatch;
  readonly queue: string;
  readonly messages: MessageBatch["messages"];
  ackAll(): void;
  retryAll(options?: QueueRetryOptions): void;
  waitUntil(promise: unknown): void;
}

interface ScheduledController {
  scheduledTime: number;
  cron: string;
}

/** A class of objects `Made`, constructed with `Given`. */
interface ClassOf<Made, Given extends unknown[] = []> {
  readonly prototype: Made;
  readonly name: string;
  new (...given: Given): Made;
}

type FetchInit = EventInit & { request: Request };
type QueueInit = EventInit & { batch: MessageBatch };
type ScheduledInit = EventInit & { scheduledTime: number; cron: string };

/** What `createScope` makes. */
interface Scope {
  ExecutionContext: ClassOf<ExecutionContext, [state?: EventState]>;
  FetchEvent: ClassOf<FetchEvent, [type: string, init: FetchInit]>;
  QueueEvent: ClassOf<QueueEvent, [type: string, init: QueueInit]>;
  ScheduledController: ClassOf<ScheduledController, [scheduledTime: number, cron: string]>;
  ScheduledEvent: ClassOf<ScheduledEvent, [type: string, init: ScheduledInit]>;
  /** @throws {TypeError} for what is neither an event nor a context */
  stateOf(event: unknown): EventState;
  settleWaits(waits: readonly unknown[]): Promise<unknown[]>;
  hasListeners(type: string): boolean;
  ServiceWorkerGlobalScope: ClassOf<EventTarget>;
  useModules(onWarning?: Warn): void;
  WorkerGlobalScope: ClassOf<EventTarget>;
}

/** The classes of a realm. */
interface ScopeRealm {
  Event: typeof Event;
  EventTarget: typeof EventTarget;
  DOMException: typeof DOMException;
  deliver(event: Event, calls: (() => void)[]): void;
  /** Is told of each `ExecutionContext` that is created. */
  noteContext?(state: EventState): void;
}

/** A listener of the global scope. */
interface Entry {
  listener: EventListenerOrEventListenerObject;
  once: boolean;
}

type Warn = (text: string) => unknown;
type ListenerOptions = { once?: boolean; signal?: AbortSignal } | undefined;

/**
 * @param Event the realm's own, as are `EventTarget` and `DOMException`
 * @param deliver `deliver(event, calls)` makes the event one of the global scope's and calls each, until the event is
 *   stopped or a call throws, which it throws on
 */
function createScope({ Event, EventTarget, DOMException, deliver, noteContext }: ScopeRealm): Scope {
  return {
    ...createEvents({ Event, DOMException, noteContext }),
    settleWaits,
    ...createTarget({ EventTarget, deliver }),
  };
}

type EventsRealm = Pick<ScopeRealm, "Event" | "DOMException" | "noteContext">;

function createEvents({ Event, DOMException, noteContext }: EventsRealm) {
  /** What an event has gathered; private to the event classes and the dispatcher. */
  const states = new WeakMap<object, EventState>();

  function stateOf(event: unknown) {
    const state = states.get(event as object);
    if (state === undefined) throw new TypeError("Illegal invocation");
    return state;
  }

  const refused = (text: string) => new DOMException(text, "InvalidStateError");

  class FetchEvent extends Event {
    constructor(type: string, init: FetchInit) {
      super(type, init);
      const { request } = init;
      states.set(this, { request, response: undefined, passThrough: false, waits: [], dispatched: false });
    }
    get request() {
      return stateOf(this).request as Request;
    }
    respondWith(response: unknown) {
      const state = stateOf(this);
      if (state.response !== undefined) {
        throw refused("FetchEvent.respondWith() has already been called; it can only be called once.");
      }
      if (state.dispatched) {
        const text = "Too late to call FetchEvent.respondWith(). It must be called synchronously in the event handler.";
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
    waitUntil(promise: unknown) {
      stateOf(this).waits.push(promise);
    }
  }

  class ScheduledEvent extends Event {
    constructor(type: string, init: ScheduledInit) {
      super(type, init);
      states.set(this, { scheduledTime: init.scheduledTime, cron: init.cron, waits: [] });
    }
    get scheduledTime() {
      return stateOf(this).scheduledTime as number;
    }
    get cron() {
      return stateOf(this).cron as string;
    }
    waitUntil(promise: unknown) {
      stateOf(this).waits.push(promise);
    }
  }

  class QueueEvent extends Event {
    constructor(type: string, init: QueueInit) {
      super(type, init);
      states.set(this, { batch: init.batch, waits: [] });
    }
    get batch() {
      return stateOf(this).batch as MessageBatch;
    }
    get queue() {
      return this.batch.queue;
    }
    get messages() {
      return this.batch.messages;
    }
    ackAll() {
      this.batch.ackAll();
    }
    retryAll(options?: QueueRetryOptions) {
      this.batch.retryAll(options);
    }
    waitUntil(promise: unknown) {
      stateOf(this).waits.push(promise);
    }
  }

  class ScheduledController {
    declare scheduledTime: number;
    declare cron: string;

    constructor(scheduledTime: number, cron: string) {
      this.scheduledTime = scheduledTime;
      this.cron = cron;
    }
  }

  /** The third argument of module handlers. */
  class ExecutionContext {
    constructor(state: EventState = { waits: [], passThrough: false }) {
      states.set(this, state);
      noteContext?.(state);
    }
    get props() {
      return (stateOf(this).props ??= {});
    }
    /** The script's own entrypoints, which a worker knows. */
    get exports(): unknown {
      return undefined;
    }
    waitUntil(promise: unknown) {
      stateOf(this).waits.push(promise);
    }
    passThroughOnException() {
      stateOf(this).passThrough = true;
    }
  }

  return { ExecutionContext, FetchEvent, QueueEvent, ScheduledController, ScheduledEvent, stateOf };
}

/** Resolves with the results of all promises, those added meanwhile included, in the order they were added. */
async function settleWaits(waits: readonly unknown[]) {
  let results: unknown[] = [];
  do {
    results = await Promise.all(waits);
  } while (results.length < waits.length);
  return results;
}

function createTarget({ EventTarget, deliver }: Pick<ScopeRealm, "EventTarget" | "deliver">) {
  const listeners = new Map<string, Entry[]>();
  let inModules = false;
  let warn: Warn | undefined;

  class WorkerGlobalScope extends EventTarget {
    override addEventListener(
      type: string,
      listener: EventListenerOrEventListenerObject | null | undefined,
      options?: unknown,
    ): void;
    override addEventListener(
      type: string,
      listener: EventListenerOrEventListenerObject | null | undefined,
      options?: ListenerOptions,
    ) {
      type = String(type);
      if (inModules && LIFECYCLE.has(type)) return (warn as Warn)(moduleWarning(type));
      if (listener === null || listener === undefined) return;
      const list = listeners.get(type) ?? [];
      listeners.set(type, list);
      if (list.some((one) => one.listener === listener)) return;
      const entry = { listener, once: options?.once === true };
      list.push(entry);
      options?.signal?.addEventListener("abort", () => remove(list, entry));
    }
    override removeEventListener(type: string, listener: EventListenerOrEventListenerObject | null) {
      const list = listeners.get(String(type)) ?? [];
      remove(
        list,
        list.find((one) => one.listener === listener),
      );
    }
    override dispatchEvent(event: Event) {
      const list = listeners.get(event.type) ?? [];
      const call = (entry: Entry) => () => {
        if (entry.once) remove(list, entry);
        if (typeof entry.listener === "function") entry.listener.call(globalThis, event);
        else entry.listener.handleEvent(event);
      };
      deliver(event, list.map(call));
      return !event.defaultPrevented;
    }
  }

  return {
    hasListeners: (type: string) => (listeners.get(type)?.length ?? 0) > 0,
    ServiceWorkerGlobalScope: class ServiceWorkerGlobalScope extends WorkerGlobalScope {},
    /** In a module worker, handlers are exported; a listener for them is refused with a warning. Without one: no modules. */
    useModules(onWarning?: Warn) {
      inModules = onWarning !== undefined;
      warn = onWarning;
    },
    WorkerGlobalScope,
  };
}

function remove(list: Entry[], entry: Entry | undefined) {
  const index = list.indexOf(entry as Entry);
  if (index >= 0) list.splice(index, 1);
}

function moduleWarning(type: string) {
  return `When using module syntax, the '${type}' event handler should be declared as an exported function on the root module as opposed to using the global addEventListener().`;
}

export { createScope };
export type {
  ClassOf,
  EventState,
  ExecutionContext,
  FetchEvent,
  QueueEvent,
  ScheduledController,
  ScheduledEvent,
  Scope,
};
