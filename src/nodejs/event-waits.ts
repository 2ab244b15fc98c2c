// Waiting for events of emitters and event targets: `once` and `on` of `node:events`.

import { abortError, invalidArgType, validateAbortSignal, validateObject } from "./errors.ts";

type Name = string | symbol;
type Listener = (...args: unknown[]) => void;
interface Emitting {
  on(name: Name, listener: Listener): void;
  removeListener(name: Name, listener: Listener): void;
}
interface Options {
  signal?: AbortSignal;
}
interface IterationOptions extends Options {
  close?: Name[];
}

/** Adds listeners, and returns what removes all of them. */
function listen(emitter: unknown, listeners: [name: Name, listener: Listener][], options: Options): () => void {
  const { on, removeListener } = (emitter ?? {}) as Partial<Emitting>;
  const { signal } = options;
  const target = emitter as EventTarget & Emitting;
  const isEmitter = typeof on === "function" && typeof removeListener === "function";
  if (!isEmitter && typeof target?.addEventListener !== "function") {
    throw invalidArgType("emitter", "EventEmitter", emitter);
  }
  const added = listeners.filter(([name]) => isEmitter || name !== "error");
  for (const [name, listener] of added) {
    if (isEmitter) target.on(name, listener);
    else target.addEventListener(name as string, listener);
  }
  return () => {
    for (const [name, listener] of added) {
      if (isEmitter) target.removeListener(name, listener);
      else target.removeEventListener(name as string, listener);
    }
    signal?.removeEventListener("abort", abortOf.get(listeners) as () => void);
  };
}

/** What listens to the signal, by the listeners that it removes. */
const abortOf = new WeakMap<object, () => void>();

function checked<Given extends Options>(options: Given | undefined): Given {
  if (options !== undefined) validateObject(options, "options");
  const { signal } = (options ?? {}) as Given;
  validateAbortSignal(signal, "options.signal");
  if (signal?.aborted) throw abortError(signal.reason);
  return (options ?? {}) as Given;
}

/** Resolves with the arguments of the next event; rejects with an error event, or when the signal aborts. */
export async function onceOf(emitter: unknown, name: Name, options?: Options): Promise<unknown[]> {
  const given = checked(options);
  return new Promise((resolve, reject) => {
    const end = (settle: (value: never) => void) => (value: unknown) => {
      remove();
      settle(value as never);
    };
    const kept: Listener = (...args) => end(resolve)(args);
    const listeners: [Name, Listener][] = [[name, kept]];
    if (name !== "error") listeners.push(["error", end(reject)]);
    const abort = () => end(reject)(abortError(given.signal?.reason));
    abortOf.set(listeners, abort);
    const remove = listen(emitter, listeners, given);
    given.signal?.addEventListener("abort", abort, { once: true });
  });
}

/** Iterates over the arguments of events. Ends with an event of `close`, an error event, or the signal. */
export function iterate(emitter: unknown, name: Name, options?: IterationOptions) {
  const given = checked(options);
  const arrived: unknown[][] = [];
  const waiting: PromiseWithResolvers<IteratorResult<unknown[]>>[] = [];
  let [error, isOver]: [{ reason: unknown } | undefined, boolean] = [undefined, false];
  const done = { value: undefined, done: true } as const;
  const finish = () => {
    remove();
    isOver = true;
    for (const { resolve } of waiting.splice(0)) resolve(done);
    return Promise.resolve(done);
  };
  const fail = (reason: unknown) => {
    const first = waiting.shift();
    if (first === undefined) error = { reason };
    else first.reject(reason);
    void finish();
  };
  const arrive: Listener = (...args) => {
    const first = waiting.shift();
    if (first === undefined) arrived.push(args);
    else first.resolve({ value: args, done: false });
  };
  const listeners: [Name, Listener][] = [[name, arrive]];
  if (name !== "error") listeners.push(["error", fail]);
  for (const closing of given.close ?? []) listeners.push([closing, () => void finish()]);
  const abort = () => fail(abortError(given.signal?.reason));
  abortOf.set(listeners, abort);
  const remove = listen(emitter, listeners, given);
  given.signal?.addEventListener("abort", abort, { once: true });
  return {
    next(): Promise<IteratorResult<unknown[]>> {
      const value = arrived.shift();
      if (value !== undefined) return Promise.resolve({ value, done: false });
      if (error !== undefined) {
        const { reason } = error;
        error = undefined;
        return Promise.reject(reason);
      }
      if (isOver) return Promise.resolve(done);
      const next = Promise.withResolvers<IteratorResult<unknown[]>>();
      waiting.push(next);
      return next.promise;
    },
    return: finish,
    throw(reason: unknown) {
      if (!(reason instanceof Error)) throw invalidArgType("EventEmitter.AsyncIterator", "Error", reason);
      fail(reason);
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}
