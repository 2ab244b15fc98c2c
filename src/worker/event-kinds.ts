// The kinds of events that workers have handlers for, a row each (`event-kind.ts`), and how any of them is delivered.

import { ExecutionContext, hasListeners, stateOf } from "ext:miniflare/web/events.ts";
import { FETCH } from "ext:miniflare/worker/fetch-event.ts";
import { SCHEDULED } from "ext:miniflare/worker/scheduled-event.ts";
import { rooms } from "ext:miniflare/worker/rooms.ts";
import { worker } from "ext:miniflare/realm/worker.ts";
import type { EventKind, EventState } from "ext:miniflare/worker/event-kind.ts";

/** The rows of the assembly, and those of rooms. */
export const EVENTS: readonly EventKind[] = [FETCH, SCHEDULED, ...rooms.flatMap(({ events = [] }) => events)];

/** Calls the worker's handler of an event; `state` collects what it waits for, and whether it passes through on exceptions. */
export function deliverEvent<Given>(kind: EventKind<Given>, given: Given, state: EventState) {
  const { handlers, env } = worker;
  if (handlers === undefined) return deliverToListeners(kind, given, state);
  if (typeof handlers[kind.name] !== "function") return kind.unhandled(given, state);
  return kind.settle((handlers as AnyHandlers)[kind.name](kind.make(given), env, new ExecutionContext(state)), state);
}

/** Handlers, of which the one that is called has just been found to be a function. */
type AnyHandlers = Record<string, (given: unknown, env: object, context: object) => unknown>;

function deliverToListeners<Given>(kind: EventKind<Given>, given: Given, state: EventState) {
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
