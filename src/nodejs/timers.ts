// `node:timers` and `node:timers/promises`, over the timers of the worker's realm.

import { clearTimeout as clear, setInterval as repeat, setTimeout as start } from "ext:miniflare/web/timers.ts";
import {
  invalidArgType,
  validateAbortSignal,
  validateBoolean,
  validateFunction,
  validateNumber,
  validateObject,
  abortError,
} from "./errors.ts";

type Callback = (...args: unknown[]) => unknown;
interface Options {
  signal?: AbortSignal;
  ref?: boolean;
}

const customPromisify = Symbol.for("nodejs.util.promisify.custom");

/** A timer as an object; as a number it is that of the realm's timer. */
class Timeout {
  readonly #callback: Callback;
  readonly #args: unknown[];
  readonly #delay: number;
  readonly #repeats: boolean;
  #id: number | undefined;
  #isReferenced = true;

  constructor(callback: Callback, delay: unknown, args: unknown[], repeats: boolean) {
    this.#callback = callback;
    this.#args = args;
    this.#delay = Number(delay) >= 1 ? Number(delay) : 1;
    this.#repeats = repeats;
    this.#start();
  }

  #start() {
    const set = this.#repeats ? repeat : start;
    this.#id = set(this.#fire, this.#delay);
  }

  readonly #fire = () => {
    if (!this.#repeats) this.#id = undefined;
    this.#callback(...this.#args);
  };

  ref() {
    this.#isReferenced = true;
    return this;
  }

  unref() {
    this.#isReferenced = false;
    return this;
  }

  hasRef() {
    return this.#isReferenced;
  }

  refresh() {
    this.close();
    this.#start();
    return this;
  }

  close() {
    if (this.#id !== undefined) clear(this.#id);
    this.#id = undefined;
    return this;
  }

  [Symbol.toPrimitive]() {
    return this.#id ?? 0;
  }

  [Symbol.dispose]() {
    this.close();
  }
}

/** A callback that runs when what is at hand is done. */
class Immediate {
  #id: number | undefined;

  constructor(callback: Callback, args: unknown[]) {
    this.#id = start(() => {
      this.#id = undefined;
      callback(...args);
    }, 0);
  }

  ref() {
    return this;
  }

  unref() {
    return this;
  }

  hasRef() {
    return true;
  }

  close() {
    if (this.#id !== undefined) clear(this.#id);
    this.#id = undefined;
  }

  [Symbol.dispose]() {
    this.close();
  }
}

function setTimeout(callback: Callback, delay?: unknown, ...args: unknown[]) {
  validateFunction(callback, "callback");
  return new Timeout(callback, delay, args, false);
}

function setInterval(callback: Callback, delay?: unknown, ...args: unknown[]) {
  validateFunction(callback, "callback");
  return new Timeout(callback, delay, args, true);
}

function setImmediate(callback: Callback, ...args: unknown[]) {
  validateFunction(callback, "callback");
  return new Immediate(callback, args);
}

/** Stops a timer, given as an object or as its number. */
function clearTimer(timer: unknown) {
  if (timer instanceof Timeout || timer instanceof Immediate) timer.close();
  else if (typeof timer === "number" || typeof timer === "string") clear(Number(timer));
}

function checked(options: Options = {}): Options {
  validateObject(options, "options");
  validateAbortSignal(options.signal, "options.signal");
  if (options.ref !== undefined) validateBoolean(options.ref, "options.ref");
  return options;
}

/** A promise of a value for later; it rejects when the signal aborts. */
function wait(begin: (done: () => void) => { close(): void }, value: unknown, options?: Options): Promise<unknown> {
  try {
    const { signal } = checked(options);
    if (signal?.aborted) return Promise.reject(abortError(signal.reason));
    return new Promise((resolve, reject) => {
      const abort = () => {
        timer.close();
        reject(abortError(signal?.reason));
      };
      const timer = begin(() => {
        signal?.removeEventListener("abort", abort);
        resolve(value);
      });
      signal?.addEventListener("abort", abort, { once: true });
    });
  } catch (error) {
    return Promise.reject(error);
  }
}

function waitFor(delay?: number, value?: unknown, options?: Options): Promise<unknown> {
  try {
    if (delay !== undefined) validateNumber(delay, "delay");
  } catch (error) {
    return Promise.reject(error);
  }
  return wait((done) => new Timeout(done, delay, [], false), value, options);
}

const soon = (value?: unknown, options?: Options) => wait((done) => new Immediate(done, []), value, options);

async function* every(delay?: number, value?: unknown, options?: Options) {
  checked(options);
  for (;;) {
    await waitFor(delay, undefined, options);
    yield value;
  }
}

class Scheduler {
  wait(delay: number, options?: Options) {
    return waitFor(delay, undefined, options);
  }

  yield() {
    return soon();
  }
}

const promises = { scheduler: new Scheduler(), setImmediate: soon, setInterval: every, setTimeout: waitFor };

const hidden = (value: unknown) => ({ value, configurable: true, enumerable: false });
Object.defineProperty(setTimeout, customPromisify, hidden(waitFor));
Object.defineProperty(setImmediate, customPromisify, hidden(soon));

/** As legacy code gives an object a timeout. */
function enroll(item: { _idleTimeout?: number }, delay: number) {
  if (typeof delay !== "number") throw invalidArgType("msecs", "number", delay);
  item._idleTimeout = delay;
}

const timers = {
  Timeout,
  active() {},
  clearImmediate: clearTimer,
  clearInterval: clearTimer,
  clearTimeout: clearTimer,
  enroll,
  promises,
  setImmediate,
  setInterval,
  setTimeout,
  unenroll() {},
};

export { promises };
export default timers;
