// Uncaught errors: `unhandledrejection` and `rejectionhandled` for promises, `error` for timers and the like.

import { core } from "ext:core/mod.js";
import { messageOf } from "ext:miniflare/realm/realm-errors.ts";
import { encodeThrown, HOST, host } from "ext:miniflare/realm/port.ts";
import { currentTrace } from "ext:miniflare/realm/trace.ts";

const { ErrorEvent, PromiseRejectionEvent } = core.loadExtScript("ext:deno_web/02_event.js");
// Upstream's has the name of its class on each event, and not on the prototype as the others.
Object.defineProperty(ErrorEvent.prototype, Symbol.toStringTag, { value: "ErrorEvent", configurable: true });

export function reportRejection(unhandled: boolean, promise: Promise<unknown>, reason: unknown) {
  if (!unhandled) {
    globalThis.dispatchEvent(new PromiseRejectionEvent("rejectionhandled", { promise }));
    return;
  }
  const event = new PromiseRejectionEvent("unhandledrejection", { promise, reason, cancelable: true });
  if (globalThis.dispatchEvent(event)) host(HOST.UNHANDLED, encodeThrown(reason));
}

export function reportError(error: unknown) {
  currentTrace()?.exception(error);
  const event = new ErrorEvent("error", { error, message: messageOf(error), cancelable: true });
  if (globalThis.dispatchEvent(event)) host(HOST.UNHANDLED, encodeThrown(error));
}
