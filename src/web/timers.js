// Timers and waiting. A timer's callback must be a function: a worker compiles no text.

import { core } from "ext:core/mod.js";
import { requireContext } from "ext:miniflare/worker/context.js";
import { extend } from "ext:miniflare/web/interface.js";

const { clearTimeout: clear, setInterval: repeat, setTimeout: start } = core.loadExtScript("ext:deno_web/02_timers.js");
const { AbortController, AbortSignal } = core.loadExtScript("ext:deno_web/03_abort_signal.js");
const webidl = core.loadExtScript("ext:deno_webidl/00_webidl.js");
const { DOMException } = core.loadExtScript("ext:deno_web/01_dom_exception.js");

export function clearTimeout(id = 0) {
  requireContext("globalTimers");
  clear(id);
}

export function clearInterval(id = 0) {
  requireContext("globalTimers");
  clear(id);
}

export function setTimeout(callback, delay = 0, ...args) {
  requireContext("globalTimers");
  assertCallback("setTimeout", callback);
  return start(callback, delay, ...args);
}

export function setInterval(callback, delay = 0, ...args) {
  requireContext("globalTimers");
  assertCallback("setInterval", callback);
  return repeat(callback, delay, ...args);
}

function assertCallback(name, callback) {
  if (typeof callback !== "function") throw wrongType(name, "WorkerGlobalScope", "Function");
}

function wrongType(method, target, type) {
  return new TypeError(`Failed to execute '${method}' on '${target}': parameter 1 is not of type '${type}'.`);
}

extend(AbortSignal, {
  /** Upstream's own would abort outside of the request that made it. */
  timeout(...args) {
    if (args.length === 0) throw wrongType("timeout", "AbortSignal", "integer");
    const delay = webidl.converters["unsigned long long"](args[0], undefined, undefined, { enforceRange: true });
    const controller = new AbortController();
    start(() => controller.abort(new DOMException("The operation was aborted due to timeout", "TimeoutError")), delay);
    return controller.signal;
  },
});

export class Scheduler {
  /** `wait(delay, { signal })`: resolves after so many milliseconds; `signal` ends the wait with an `AbortError`. */
  wait(...args) {
    requireContext("globalTimers");
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
