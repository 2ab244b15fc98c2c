// The kinds of events that workers have handlers for, a row each, and how any of them is delivered.
//
// A row is `{ name, from, make, makeEvent, unhandled, settle, conclude }`:
//   `name` of a module's handler, and the type of the event in a service worker;
//   `from(...args)` makes what is given of an event from Node's arguments, if it is dispatched by the control object;
//   `make(given)` what a module's handler is called with first;
//   `makeEvent(given)` the event that a service worker's listeners get;
//   `unhandled(given, state)` what is returned when nothing handles such events;
//   `settle(result, state)` what comes of the handler's result, or of the response that a listener gave;
//   `conclude(given, deliver)` what Node gets, if that is more than `deliver(given)`, a promise of what comes of the event.

import { ExecutionContext, hasListeners, stateOf } from "ext:miniflare/web/events.js";
import { FETCH } from "ext:miniflare/worker/fetch-event.js";
import { SCHEDULED } from "ext:miniflare/worker/scheduled-event.js";
import { rooms } from "ext:miniflare/worker/rooms.js";
import { worker } from "ext:miniflare/realm/worker.js";

/** The rows of the assembly, and those of rooms. */
export const EVENTS = [FETCH, SCHEDULED, ...rooms.flatMap(({ events = [] }) => events)];

/** Calls the worker's handler of an event; `state` collects what it waits for, and whether it passes through on exceptions. */
export function deliverEvent(kind, given, state) {
  const { handlers, env } = worker;
  if (handlers === undefined) return deliverToListeners(kind, given, state);
  if (typeof handlers[kind.name] !== "function") return kind.unhandled(given, state);
  return kind.settle(handlers[kind.name](kind.make(given), env, new ExecutionContext(state)), state);
}

function deliverToListeners(kind, given, state) {
  if (!hasListeners(kind.name)) return kind.unhandled(given, state);
  const event = kind.makeEvent(given);
  const eventState = stateOf(event);
  eventState.waits = state.waits;
  try {
    globalThis.dispatchEvent(event);
  } finally {
    eventState.dispatched = true;
    state.passThrough = eventState.passThrough;
  }
  return kind.settle(eventState.response, state);
}
