// Requests as events: what a handler's response comes to, and what is said when there is none.

import { fetchError } from "ext:miniflare/realm/realm-errors.ts";
import { worker } from "ext:miniflare/realm/worker.ts";
import { FetchEvent } from "ext:miniflare/web/events.ts";
import { FUNCTIONS } from "ext:miniflare/worker/globals.ts";
import type { EventKind, EventState } from "ext:miniflare/worker/event-kind.ts";

/** The row of requests: `deliverEvent` returns the worker's response, or a promise of it. */
export const FETCH: EventKind<Request> = {
  name: "fetch",
  make: (request) => request,
  makeEvent: (request) => new FetchEvent("fetch", { request }),
  unhandled: noHandler,
  settle: (response, state) => (response === undefined ? unanswered(state) : response),
};

/** Nothing here has answered: the request goes on to the server it is for. */
export function passOn(state: EventState) {
  const request = state.spare as Request;
  state.spare = undefined;
  return FUNCTIONS.fetch(request);
}

export function noUpstream() {
  const text = "No upstream to pass-through to specified.\nMake sure you've set the `upstream` option.";
  return fetchError("ERR_NO_UPSTREAM", text);
}

function responseHint() {
  return worker.handlers === undefined
    ? "calling `event.respondWith()` with a `Response` or `Promise<Response>` in your handler"
    : "returning a `Response` in your handler";
}

export function wrongType(): never {
  const hint = responseHint();
  throw fetchError(
    "ERR_RESPONSE_TYPE",
    `Fetch handler didn't respond with a Response object.\nMake sure you're ${hint}.`,
  );
}

function noHandler(_request: Request, state: EventState) {
  if (state.spare !== undefined) return passOn(state);
  const hint =
    worker.handlers === undefined
      ? 'calling addEventListener("fetch", ...)'
      : "exporting a default object containing a `fetch` function property";
  const text = `No fetch handler defined and no upstream to proxy to specified.\nMake sure you're ${hint}.`;
  throw fetchError("ERR_NO_HANDLER", text);
}

export function unanswered(state: EventState) {
  if (state.spare !== undefined) return passOn(state);
  if (state.passThrough) {
    state.passThrough = false;
    throw noUpstream();
  }
  const hint = responseHint();
  const text = `No fetch handler responded and no upstream to proxy to specified.\nMake sure you're ${hint}.`;
  throw fetchError("ERR_NO_RESPONSE", text);
}
