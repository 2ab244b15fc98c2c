// Timers and waiting. A timer's callback must be a function: a worker compiles no text.

import { core } from "ext:core/mod.js";
import { extend } from "ext:miniflare/web/interface.js";

const {
  clearInterval,
  clearTimeout,
  setInterval: repeat,
  setTimeout: start,
} = core.loadExtScript("ext:deno_web/02_timers.js");
const { AbortSignal } = core.loadExtScript("ext:deno_web/03_abort_signal.js");
const { DOMException } = core.loadExtScript("ext:deno_web/01_dom_exception.js");

export { clearInterval, clearTimeout };

export function setTimeout(callback, delay = 0, ...args) {
  assertCallback("setTimeout", callback);
  return start(callback, delay, ...args);
}

export function setInterval(callback, delay = 0, ...args) {
  assertCallback("setInterval", callback);
  return repeat(callback, delay, ...args);
}

function assertCallback(name, callback) {
  if (typeof callback !== "function") throw wrongType(name, "WorkerGlobalScope", "Function");
}

function wrongType(method, target, type) {
  return new TypeError(`Failed to execute '${method}' on '${target}': parameter 1 is not of type '${type}'.`);
}

const { timeout } = AbortSignal;

extend(AbortSignal, {
  timeout(...args) {
    if (args.length === 0) throw wrongType("timeout", "AbortSignal", "integer");
    return timeout(...args);
  },
});

export class Scheduler {
  /** `wait(delay, { signal })`: resolves after so many milliseconds; `signal` ends the wait with an `AbortError`. */
  wait(...args) {
    if (args.length === 0) throw wrongType("wait", "Scheduler", "integer");
    const [delay, options] = args;
    const signal = options?.signal;
    if (signal?.aborted) return Promise.reject(aborted());
    const { promise, resolve, reject } = Promise.withResolvers();
    const abort = () => {
      clearTimeout(timer);
      reject(aborted());
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", abort);
      resolve();
    }, delay);
    signal?.addEventListener("abort", abort);
    return promise;
  }
}
export const scheduler = new Scheduler();

const aborted = () => new DOMException("The operation was aborted", "AbortError");
