// Callbacks of Node's style, `(error, ...results)`.

import { invalidArgType } from "./errors.ts";

export type Callback = (error: unknown, ...results: unknown[]) => void;

/** Calls back when the code at hand is done: with what a function of Node's returns, or the error that its work ends with. */
export function callLater(compute: () => unknown[], callback: Callback) {
  let results: unknown[] = [];
  let failure: unknown;
  try {
    results = compute();
  } catch (error) {
    // Arguments are checked before the work begins.
    if (/^ERR_(?!OSSL)/.test(String((error as { code?: unknown }).code))) throw error;
    failure = error;
  }
  queueMicrotask(() => (failure === undefined ? callback(null, ...results) : callback(failure)));
}

export function checkedCallback(callback: unknown): asserts callback is Callback {
  if (typeof callback !== "function") throw invalidArgType("callback", "function", callback);
}
