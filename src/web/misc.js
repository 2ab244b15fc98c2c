// Small things that only Workers have.

import { core } from "ext:core/mod.js";

const { setTimeout, clearTimeout } = core.loadExtScript("ext:deno_web/02_timers.js");
const { DOMException } = core.loadExtScript("ext:deno_web/01_dom_exception.js");

export class Navigator {
  get userAgent() {
    return "Cloudflare-Workers";
  }
}
export const navigator = new Navigator();

export class Scheduler {
  /** Resolves after `ms` milliseconds; rejects with an `AbortError` when `signal` aborts first. */
  wait(ms, { signal } = {}) {
    if (arguments.length === 0) {
      throw new TypeError("Failed to execute 'wait' on 'Scheduler': parameter 1 is not of type 'integer'.");
    }
    if (signal?.aborted) return Promise.reject(aborted());
    return new Promise((resolve, reject) => {
      const timer = setTimeout(resolve, ms);
      signal?.addEventListener("abort", () => {
        clearTimeout(timer);
        reject(aborted());
      });
    });
  }
}
export const scheduler = new Scheduler();

const aborted = () => new DOMException("The operation was aborted", "AbortError");
