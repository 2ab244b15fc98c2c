// What a row of `event-kinds.ts` is: a kind of events that workers have handlers for.

import type { TracedEvent } from "ext:miniflare/realm/trace.ts";
import type { EventState as Gathered } from "ext:miniflare/web/scope.ts";

/** What an event has gathered, and its request once more, if that may go on to its server. */
export interface EventState extends Gathered {
  spare?: Request | undefined;
}

/** `Given` is what is given of an event. */
export interface EventKind<Given = unknown> {
  /** The name of a module's handler, and the type of the event in a service worker. */
  readonly name: string;
  /** Makes what is given of an event from Node's arguments, if it is dispatched by the control object. */
  from?(...args: never[]): Given;
  /** What a module's handler is called with first. */
  make(given: Given): unknown;
  /** The event that a service worker's listeners get. */
  makeEvent(given: Given): Event;
  /** What is returned when nothing handles such events. */
  unhandled(given: Given, state: EventState): unknown;
  /** What Node gets, if that is more than `deliver(given)`, a promise of what comes of the event. */
  conclude?(given: Given, deliver: (given: Given) => Promise<unknown>): unknown;
  /** Which entrypoint gets the event; undefined for the default one. */
  entrypointOf?(given: Given): { entrypoint: string | undefined; props: unknown } | undefined;
  /** What the event is for a tail. */
  traced?(given: Given): TracedEvent;
  /** What comes of the handler's result, or of the response that a listener gave. */
  settle(result: unknown, state: EventState): unknown;
}
