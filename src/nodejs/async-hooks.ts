// `node:async_hooks`: `AsyncLocalStorage` and `AsyncResource` over the one value that V8 keeps per continuation
// (`src/realm/context.ts`). The values of all storages are one list, which is copied when one of them changes.

import { currentContext, currentContinuation, enterWith } from "ext:miniflare/realm/context.ts";
import { worker } from "ext:miniflare/realm/worker.ts";
import { invalidArgType, nodeError, notImplemented, validateFunction, validateString } from "./errors.ts";
import type { Continuation } from "ext:miniflare/realm/context.ts";

type Work<This = unknown> = (this: This, ...args: never[]) => unknown;
type Stores = readonly unknown[] | undefined;

const BOUND_TO_REQUEST = "bind_asynclocalstorage_snapshot_to_request";
const ELSEWHERE = "Cannot call this AsyncLocalStorage bound function outside of the request in which it was created.";

/** The list with another value for a storage, or none. */
function changed(stores: Stores, storage: object, value: unknown, isSet: boolean): Stores {
  const others: unknown[] = [];
  if (stores !== undefined) {
    for (let index = 0; index < stores.length; index += 2) {
      if (stores[index] !== storage) others.push(stores[index], stores[index + 1]);
    }
  }
  if (isSet) others.push(storage, value);
  return others.length === 0 ? undefined : others;
}

/** Runs `work` with what the code of `captured` had set, in the request at hand. */
function within<Result>(captured: Continuation | undefined, work: () => Result): Result {
  return enterWith({ env: captured?.env, exports: captured?.exports, stores: captured?.stores }, work);
}

/** What calls a function with what is set now. */
function capture() {
  const captured = currentContinuation();
  const root = currentContext()?.root;
  return <Result>(work: () => Result): Result => {
    if (root !== undefined && currentContext()?.root !== root && worker.flags.has(BOUND_TO_REQUEST)) {
      throw new Error(ELSEWHERE);
    }
    return within(captured, work);
  };
}

class AsyncLocalStorage {
  readonly #name: string;
  readonly #defaultValue: unknown;

  constructor(options: { name?: string; defaultValue?: unknown } = {}) {
    if (options === null || typeof options !== "object") throw invalidArgType("options", "object", options);
    const { name = "", defaultValue } = options;
    validateString(name, "options.name");
    this.#name = name;
    this.#defaultValue = defaultValue;
  }

  static bind(callback: Work) {
    validateFunction(callback, "fn");
    const enter = capture();
    return function bound(this: unknown, ...args: never[]) {
      return enter(() => Reflect.apply(callback, this, args));
    };
  }

  static snapshot() {
    const enter = capture();
    return (callback: Work, ...args: never[]) => enter(() => callback(...args));
  }

  get name() {
    return this.#name;
  }

  run(store: unknown, callback: Work, ...args: never[]) {
    validateFunction(callback, "callback");
    const stores = changed(currentContinuation()?.stores, this, store, true);
    return enterWith({ stores }, () => callback(...args));
  }

  exit(callback: Work, ...args: never[]) {
    validateFunction(callback, "callback");
    // Whatever the default is, there is no value within.
    const isSet = this.#defaultValue !== undefined;
    const stores = changed(currentContinuation()?.stores, this, undefined, isSet);
    return enterWith({ stores }, () => callback(...args));
  }

  getStore() {
    const stores = currentContinuation()?.stores;
    if (stores === undefined) return this.#defaultValue;
    const index = stores.indexOf(this);
    return index < 0 ? this.#defaultValue : stores[index + 1];
  }

  enterWith(_store?: unknown) {
    throw notImplementedHere("enterWith");
  }

  disable() {
    throw notImplementedHere("disable");
  }
}

const notImplementedHere = (method: string) => new Error(`asyncLocalStorage.${method}() is not implemented`);

class AsyncResource {
  readonly #captured = currentContinuation();

  constructor(type: string, _options?: unknown) {
    validateString(type, "type");
    if (type === "") throw nodeError(TypeError, "ERR_ASYNC_TYPE", 'Invalid name for async "type": ');
  }

  static bind(callback: Work, type?: string, thisArg?: unknown) {
    validateFunction(callback, "fn");
    return new AsyncResource(type ?? (callback.name || "bound-anonymous-fn")).bind(callback, thisArg);
  }

  bind(callback: Work, thisArg?: unknown) {
    validateFunction(callback, "fn");
    const run = (receiver: unknown, args: never[]) => this.runInAsyncScope(callback, receiver, ...args);
    const bound = function (this: unknown, ...args: never[]) {
      return run(thisArg === undefined ? this : thisArg, args);
    };
    const descriptor = { configurable: true, enumerable: false, writable: true };
    Object.defineProperty(bound, "length", { ...descriptor, writable: false, value: callback.length });
    Object.defineProperty(bound, "asyncResource", { ...descriptor, enumerable: true, value: this });
    return bound;
  }

  runInAsyncScope(callback: Work, thisArg?: unknown, ...args: never[]) {
    validateFunction(callback, "fn");
    return within(this.#captured, () => Reflect.apply(callback, thisArg, args));
  }

  /** Workers number nothing. */
  asyncId() {
    return 0;
  }

  triggerAsyncId() {
    return 0;
  }

  emitDestroy() {
    return this;
  }
}

const createHook = () => {
  throw notImplemented("async_hooks.createHook");
};
const executionAsyncId = () => 0;
const triggerAsyncId = () => 0;
const executionAsyncResource = () => ({});
const asyncWrapProviders = Object.freeze({ __proto__: null });

const asyncHooks = {
  AsyncLocalStorage,
  AsyncResource,
  asyncWrapProviders,
  createHook,
  executionAsyncId,
  executionAsyncResource,
  triggerAsyncId,
};

export { AsyncLocalStorage, AsyncResource };
export default asyncHooks;
