// `node:timers` and `node:timers/promises`, over the timers of the worker's realm.

import { clearTimeout as clear, setInterval as repeat, setTimeout as start } from "ext:miniflare/web/timers.ts";
import { nodeModule } from "ext:miniflare/nodejs/modules.ts";
import {
  invalidArgType,
  nodeError,
  outOfRange,
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

const LONGEST_MS = 2 ** 31 - 1;
const customPromisify = Symbol.for("nodejs.util.promisify.custom");

/** The realm's timer of a timer, or of an immediate. */
const ID = Symbol("timerId");
const REFERENCED = Symbol("refed");

/** A timer as an object; as a number it is that of the realm's timer. */
class Timeout {
  _idleTimeout: number;
  _onTimeout: Callback | null;
  _timerArgs: unknown[];
  _repeat: number | null;
  _destroyed = false;
  [ID]: number | undefined;
  [REFERENCED] = true;

  constructor(callback: Callback, delay: unknown, args: unknown[], repeats: boolean) {
    // As in Node, what is out of range is as short as can be.
    const most = Number(delay) > LONGEST_MS ? 1 : Number(delay);
    this._idleTimeout = most >= 1 ? Math.trunc(most) : 1;
    this._onTimeout = callback;
    this._timerArgs = args;
    this._repeat = repeats ? this._idleTimeout : null;
    if (Number(delay) > LONGEST_MS) warnOfLength(delay);
    this.#start();
  }

  #start() {
    const fire = () => this.#fire();
    this[ID] = this._repeat === null ? start(fire, this._idleTimeout) : repeat(fire, this._repeat);
    this._destroyed = false;
  }

  #fire() {
    const id = this[ID];
    const wasOnce = this._repeat === null;
    if (wasOnce) this[ID] = undefined;
    try {
      if (this._onTimeout !== null) Reflect.apply(this._onTimeout, this, this._timerArgs);
    } finally {
      // The callback may have made an interval of it.
      if (wasOnce && this[ID] === undefined && this._repeat !== null) this.#start();
      else if (wasOnce && this[ID] === undefined) this._destroyed = true;
      else if (!wasOnce && this._repeat === null && this[ID] === id) this.close();
    }
  }

  ref() {
    this[REFERENCED] = true;
    return this;
  }

  unref() {
    this[REFERENCED] = false;
    return this;
  }

  hasRef() {
    return this[REFERENCED];
  }

  refresh() {
    if (this[ID] !== undefined) clear(this[ID]);
    this.#start();
    return this;
  }

  close() {
    if (this[ID] !== undefined) clear(this[ID]);
    this[ID] = undefined;
    this._destroyed = true;
    this._onTimeout = null;
    return this;
  }

  [Symbol.toPrimitive]() {
    return this[ID] ?? 0;
  }

  [Symbol.dispose]() {
    this.close();
  }
}

function warnOfLength(delay: unknown) {
  const { emitWarning } = nodeModule("process") as { emitWarning(text: string, name: string): void };
  const text = `${delay} does not fit into a 32-bit signed integer.\nTimeout duration was set to 1.`;
  emitWarning(text, "TimeoutOverflowWarning");
}

/** A callback that runs when what is at hand is done. */
class Immediate {
  _onImmediate: Callback | null;
  _argv: unknown[];
  _destroyed = false;
  [ID]: number | undefined;
  [REFERENCED] = true;

  constructor(callback: Callback, args: unknown[]) {
    this._onImmediate = callback;
    this._argv = args;
    this[ID] = start(() => {
      this._destroyed = true;
      this[ID] = undefined;
      if (this._onImmediate !== null) Reflect.apply(this._onImmediate, this, this._argv);
    }, 0);
  }

  ref() {
    this[REFERENCED] = true;
    return this;
  }

  unref() {
    this[REFERENCED] = false;
    return this;
  }

  hasRef() {
    return this[REFERENCED];
  }

  close() {
    if (this[ID] !== undefined) clear(this[ID]);
    this[ID] = undefined;
    this._destroyed = true;
    this._onImmediate = null;
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
  constructor() {
    if (isComplete) throw nodeError(TypeError, "ERR_ILLEGAL_CONSTRUCTOR", "Illegal constructor");
  }

  wait(delay: number, options?: Options) {
    return waitFor(delay, undefined, options);
  }

  yield() {
    return soon();
  }
}

let isComplete = false;
const promises = { scheduler: new Scheduler(), setImmediate: soon, setInterval: every, setTimeout: waitFor };
isComplete = true;

const hidden = (value: unknown) => ({ value, configurable: true, enumerable: false });
Object.defineProperty(setTimeout, customPromisify, hidden(waitFor));
Object.defineProperty(setImmediate, customPromisify, hidden(soon));

/** As legacy code gives an object a timeout. */
function enroll(item: { _idleTimeout?: number }, delay: number) {
  if (typeof delay !== "number") throw invalidArgType("msecs", "number", delay);
  if (!(delay >= 0 && delay < Number.POSITIVE_INFINITY)) {
    throw outOfRange("msecs", "a non-negative finite number", delay);
  }
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
