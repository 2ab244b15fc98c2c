// `node:events`: the library's emitter, with what it lacks: errors with codes, captured rejections, the monitor of errors, and
// the functions beside the class.

import { core } from "ext:core/mod.js";
import Base from "events/";
import { AsyncResource } from "node:async_hooks";
import { nodeModule } from "ext:miniflare/nodejs/modules.ts";
import { iterate, onceOf } from "./event-waits.ts";
import {
  invalidArgType,
  nodeError,
  validateAbortSignal,
  validateBoolean,
  validateFunction,
  validateNumber,
} from "./errors.ts";
import { inspect } from "./inspect.ts";

type Name = string | symbol;
type Listener = (...args: unknown[]) => unknown;
type Listeners = Record<Name, Listener | Listener[] | undefined>;
interface Options {
  captureRejections?: boolean;
}

/** What an emitter of the library has. */
export interface Emitter {
  _events: Listeners;
  _maxListeners: number | undefined;
  [CAPTURES]?: boolean;
  on(name: Name, listener: Listener): this;
  addListener(name: Name, listener: Listener): this;
  removeListener(name: Name, listener: Listener): this;
  listeners(name: Name): Listener[];
  listenerCount(name: Name, listener?: Listener): number;
  getMaxListeners(): number;
  setMaxListeners(most: number): this;
  emit(name: Name, ...args: unknown[]): boolean;
}

const { eventTargetData, kResistStopImmediatePropagation } = core.loadExtScript("ext:deno_web/02_event.js");

const CAPTURES = Symbol("kCapture");
const captureRejectionSymbol = Symbol.for("nodejs.rejection");
const errorMonitor = Symbol("events.errorMonitor");
const eventTargetLimit = Symbol("events.maxEventTargetListeners");

let capturesByDefault = false;

function EventEmitter(this: Emitter, options?: Options) {
  const { captureRejections } = options ?? {};
  if (captureRejections !== undefined) validateBoolean(captureRejections, "options.captureRejections");
  if (captureRejections ?? capturesByDefault) this[CAPTURES] = true;
  Base.init.call(this);
}

const prototype = Base.prototype as Emitter & Record<string, (...args: unknown[]) => unknown>;
prototype.constructor = EventEmitter as never;
EventEmitter.prototype = prototype;

for (const name of ["addListener", "prependListener", "once", "prependOnceListener", "removeListener"])
  define(name, prototype[name]);
prototype.on = prototype.addListener as never;
prototype.off = prototype.removeListener as never;

/** The library's method, behind a check of the listener as Node has it. */
function define(name: string, method: (...args: unknown[]) => unknown) {
  const adds = name === "addListener" || name === "prependListener";
  const checked = {
    [name](this: Emitter, type: Name, listener: Listener) {
      validateFunction(listener, "listener");
      if (!adds) return Reflect.apply(method, this, [type, listener]);
      // The library would print its own warning.
      const most = this._maxListeners;
      this._maxListeners = 0;
      Reflect.apply(method, this, [type, listener]);
      this._maxListeners = most;
      warnOfMany(this, type);
      return this;
    },
  };
  hidden(name, checked[name]);
}

/** Emits the warning of too many listeners for an event, once. */
function warnOfMany(emitter: Emitter, type: Name) {
  const most = emitter._maxListeners ?? Base.defaultMaxListeners;
  const listeners = emitter._events?.[type] as (Listener[] & { warned?: boolean }) | undefined;
  if (most <= 0 || !Array.isArray(listeners) || listeners.length <= most || listeners.warned) return;
  listeners.warned = true;
  const { length: count } = listeners;
  const text = `Possible EventEmitter memory leak detected. ${count} ${String(type)} listeners added to ${inspect(emitter, { depth: -1 })}. MaxListeners is ${most}. Use emitter.setMaxListeners() to increase limit`;
  const { emitWarning } = nodeModule("process") as { emitWarning(warning: Error): void };
  emitWarning(Object.assign(new Error(text), { name: "MaxListenersExceededWarning", emitter, type, count }));
}

function hidden(name: string, value: unknown) {
  Object.defineProperty(prototype, name, { value, writable: true, configurable: true, enumerable: true });
}

/** Calls listeners with the arguments. What they reject with goes to the emitter, if it captures rejections. */
hidden("emit", function emit(this: Emitter, type: Name, ...args: unknown[]) {
  const events = this._events as Listeners | undefined;
  if (type === "error") {
    if (events?.[errorMonitor] !== undefined) this.emit(errorMonitor, ...args);
    if (events?.error === undefined) throw unhandled(args);
  }
  const handler = events?.[type];
  if (handler === undefined) return false;
  for (const listener of typeof handler === "function" ? [handler] : [...handler]) {
    const result = Reflect.apply(listener, this, args);
    if (result !== undefined && this[CAPTURES]) watch(this, result, type, args);
  }
  return true;
});

hidden("setMaxListeners", function setMaxListeners(this: Emitter, most: unknown) {
  validateNumber(most, "setMaxListeners", 0);
  this._maxListeners = most;
  return this;
});

const { removeAllListeners } = prototype;
hidden("removeAllListeners", function (this: Emitter, ...args: unknown[]) {
  const events = this._events as Listeners | undefined;
  if (args.length > 0 || events?.removeListener === undefined) return Reflect.apply(removeAllListeners, this, args);
  // The library would forget events whose names are symbols.
  for (const name of Reflect.ownKeys(events)) {
    if (name !== "removeListener") Reflect.apply(removeAllListeners, this, [name]);
  }
  return Reflect.apply(removeAllListeners, this, []);
});

hidden("listenerCount", function listenerCount(this: Emitter, type: Name, listener?: Listener) {
  const handlers = [this._events?.[type] ?? []].flat();
  if (listener === undefined) return handlers.length;
  return handlers.filter((one) => one === listener || (one as { listener?: unknown }).listener === listener).length;
});

function unhandled([error]: unknown[]) {
  if (error instanceof Error) return error;
  let shown: string;
  try {
    shown = inspect(error);
  } catch {
    shown = String(error);
  }
  const made = nodeError(Error, "ERR_UNHANDLED_ERROR", `Unhandled error. (${shown})`);
  return Object.assign(made, { context: error });
}

function watch(emitter: Emitter, result: unknown, type: Name, args: unknown[]) {
  const { then } = result as Partial<Promise<unknown>>;
  if (typeof then !== "function") return;
  then.call(result as Promise<unknown>, undefined, (error: unknown) =>
    queueMicrotask(() => {
      const handle = (emitter as unknown as Record<symbol, unknown>)[captureRejectionSymbol];
      if (typeof handle === "function") return void handle.call(emitter, error, type, ...args);
      // What fails then is not captured again.
      emitter[CAPTURES] = false;
      try {
        emitter.emit("error", error);
      } finally {
        emitter[CAPTURES] = true;
      }
    }),
  );
}

const isTarget = (value: unknown): value is EventTarget => value instanceof EventTarget;
const isEmitter = (value: unknown): value is Emitter =>
  typeof (value as Partial<Emitter> | null | undefined)?.listeners === "function";
const wrongTarget = (name: string, value: unknown) => invalidArgType(name, ["EventEmitter", "EventTarget"], value);

/** What a target of the web calls for an event. */
function listenersOf(target: EventTarget, type: Name): unknown[] {
  const data = (target as unknown as Record<symbol, { listeners: Record<Name, { callback: unknown }[]> } | undefined>)[
    eventTargetData
  ];
  return (data?.listeners[type] ?? []).map(({ callback }) => callback);
}

function getEventListeners(target: unknown, type: Name) {
  if (isEmitter(target)) return target.listeners(type);
  if (isTarget(target)) return listenersOf(target, type);
  throw wrongTarget("emitter", target);
}

/** Signals have as many listeners as they are given. */
const limitOf = (target: EventTarget) => (target instanceof AbortSignal ? 0 : Base.defaultMaxListeners);

function getMaxListeners(target: unknown) {
  if (isEmitter(target)) return target.getMaxListeners();
  if (isTarget(target)) return (target as { [eventTargetLimit]?: number })[eventTargetLimit] ?? limitOf(target);
  throw wrongTarget("emitter", target);
}

function setMaxListeners(most = Base.defaultMaxListeners, ...targets: unknown[]) {
  validateNumber(most, "setMaxListeners", 0);
  if (targets.length === 0) Base.defaultMaxListeners = most;
  for (const target of targets) {
    if (isEmitter(target)) target.setMaxListeners(most);
    else if (isTarget(target)) (target as { [eventTargetLimit]?: number })[eventTargetLimit] = most;
    else throw wrongTarget("eventTargets", target);
  }
}

const listenerCount = (emitter: Emitter, type: Name) => emitter.listenerCount(type);

/** Calls a listener once a signal aborts, whatever other listeners do. */
function addAbortListener(signal: AbortSignal, listener: (event?: Event) => void) {
  if (signal === undefined) throw invalidArgType("signal", "AbortSignal", signal);
  validateAbortSignal(signal, "signal");
  validateFunction(listener, "listener");
  if (signal.aborted) queueMicrotask(() => listener());
  else {
    const options = { once: true, [kResistStopImmediatePropagation]: true };
    signal.addEventListener("abort", listener, options);
  }
  return { [Symbol.dispose]: () => signal.removeEventListener("abort", listener) };
}

interface ResourceOptions extends Options {
  name?: string;
}

/** An emitter whose listeners run in the asynchronous context that it was constructed in. */
const EventEmitterAsyncResource = class EventEmitterAsyncResource extends (EventEmitter as unknown as typeof BaseClass) {
  readonly #resource: AsyncResource & { eventEmitter?: unknown };

  constructor(options: ResourceOptions | string = {}) {
    const { name = new.target.name, ...rest } = typeof options === "string" ? { name: options } : options;
    super(rest);
    this.#resource = Object.assign(new AsyncResource(name), { eventEmitter: this });
  }

  emit(type: Name, ...args: unknown[]) {
    return this.#resource.runInAsyncScope(prototype.emit as never, this, ...([type, ...args] as never[]));
  }

  emitDestroy() {
    this.#resource.emitDestroy();
  }

  get asyncId() {
    return this.#resource.asyncId();
  }

  get triggerAsyncId() {
    return this.#resource.triggerAsyncId();
  }

  get asyncResource() {
    return this.#resource;
  }
};

declare class BaseClass {
  constructor(options?: Options);
}

const accessor = (get: () => unknown, set: (value: never) => void) => ({
  get,
  set,
  enumerable: true,
  configurable: true,
});

Object.assign(EventEmitter, {
  EventEmitter,
  EventEmitterAsyncResource,
  addAbortListener,
  captureRejectionSymbol,
  errorMonitor,
  getEventListeners,
  getMaxListeners,
  init: Base.init,
  listenerCount,
  on: iterate,
  once: onceOf,
  setMaxListeners,
  usingDomains: false,
});
Object.defineProperties(EventEmitter, {
  captureRejections: accessor(
    () => capturesByDefault,
    (value) => {
      validateBoolean(value, "EventEmitter.captureRejections");
      capturesByDefault = value;
    },
  ),
  defaultMaxListeners: accessor(
    () => Base.defaultMaxListeners,
    (value) => {
      validateNumber(value, "defaultMaxListeners", 0);
      Base.defaultMaxListeners = value;
    },
  ),
});

export default EventEmitter;
