// The kinds of events that workers have handlers for, a row each (`event-kind.ts`), and how any of them is delivered.

import { ExecutionContext, hasListeners, stateOf } from "ext:miniflare/web/events.ts";
import { FETCH } from "ext:miniflare/worker/fetch-event.ts";
import { SCHEDULED } from "ext:miniflare/worker/scheduled-event.ts";
import { rooms } from "ext:miniflare/worker/rooms.ts";
import { worker } from "ext:miniflare/realm/worker.ts";
import { currentContext } from "ext:miniflare/realm/context.ts";
import type { Handlers } from "ext:miniflare/realm/worker.ts";
import type { EventKind, EventState } from "ext:miniflare/worker/event-kind.ts";

/** The rows of the assembly, and those of rooms. */
export const EVENTS: readonly EventKind[] = [FETCH, SCHEDULED, ...rooms.flatMap(({ events = [] }) => events)];

/** Calls the worker's handler of an event; `state` collects what it waits for, and whether it passes through on exceptions. */
export function deliverEvent<Given>(kind: EventKind<Given>, given: Given, state: EventState) {
  const { handlers } = worker;
  return handlers === undefined ? deliverToListeners(kind, given, state) : deliverTo(handlers, kind, given, state);
}

/** Calls the handler of an entrypoint: of an object, or of a class, which is constructed for this event. */
export function deliverTo<Given>(entrypoint: Handlers, kind: EventKind<Given>, given: Given, state: EventState) {
  const { env } = worker;
  const context = currentContext();
  if (context !== undefined) context.waits = state.waits;
  if (typeof entrypoint === "function" && worker.isEntrypoint(entrypoint)) {
    const instance = new (entrypoint as unknown as EntrypointClass)(new ExecutionContext(state), env);
    if (typeof instance[kind.name] !== "function") return kind.unhandled(given, state);
    return kind.settle(instance[kind.name](kind.make(given)), state);
  }
  if (typeof entrypoint[kind.name] !== "function") return kind.unhandled(given, state);
  return kind.settle((entrypoint as AnyHandlers)[kind.name](kind.make(given), env, new ExecutionContext(state)), state);
}

/** Handlers, of which the one that is called has just been found to be a function. */
type EntrypointClass = new (context: object, env: object) => Record<string, (given: unknown) => unknown>;
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
