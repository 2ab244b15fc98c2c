// The contract of `scope.js`: the events of a worker and its global scope, over the classes of a realm.

import type { MessageBatch, QueueRetryOptions } from "../../index.d.ts";

/** What an event or a context has gathered. */
export interface EventState {
  /** What was passed to `waitUntil()`, in order. */
  waits: unknown[];
  passThrough?: boolean;
  response?: Promise<unknown> | undefined;
  dispatched?: boolean;
}

export interface ExecutionContext {
  waitUntil(promise: unknown): void;
  passThroughOnException(): void;
}

export interface FetchEvent extends Event, ExecutionContext {
  readonly request: Request;
  respondWith(response: unknown): void;
}

export interface ScheduledEvent extends Event {
  readonly scheduledTime: number;
  readonly cron: string;
  waitUntil(promise: unknown): void;
}

export interface QueueEvent extends Event {
  readonly batch: MessageBatch;
  readonly queue: string;
  readonly messages: MessageBatch["messages"];
  ackAll(): void;
  retryAll(options?: QueueRetryOptions): void;
  waitUntil(promise: unknown): void;
}

export interface ScheduledController {
  scheduledTime: number;
  cron: string;
}

/** A class of objects `Made`, constructed with `Given`. */
export interface ClassOf<Made, Given extends unknown[] = []> {
  readonly prototype: Made;
  readonly name: string;
  new (...given: Given): Made;
}

export interface Scope {
  ExecutionContext: ClassOf<ExecutionContext, [state?: EventState]>;
  FetchEvent: ClassOf<FetchEvent, [type: string, init: EventInit & { request: Request }]>;
  QueueEvent: ClassOf<QueueEvent, [type: string, init: EventInit & { batch: MessageBatch }]>;
  ScheduledController: ClassOf<ScheduledController, [scheduledTime: number, cron: string]>;
  ScheduledEvent: ClassOf<ScheduledEvent, [type: string, init: EventInit & { scheduledTime: number; cron: string }]>;
  /** @throws {TypeError} for what is neither an event nor a context */
  stateOf(event: unknown): EventState;
  /** Resolves with the results of all promises, those added meanwhile included, in order. */
  settleWaits(waits: readonly unknown[]): Promise<unknown[]>;
  hasListeners(type: string): boolean;
  ServiceWorkerGlobalScope: ClassOf<EventTarget>;
  /** Refuses listeners of handlers with a warning; without `onWarning` they are listened to again. */
  useModules(onWarning?: (text: string) => void): void;
  WorkerGlobalScope: ClassOf<EventTarget>;
}

/**
 * @param parts the classes of the realm, and `deliver`, which makes an event one of the global scope's and makes the calls
 *   until the event is stopped or one throws
 */
export function createScope(parts: {
  Event: typeof Event;
  EventTarget: typeof EventTarget;
  DOMException: typeof DOMException;
  deliver(event: Event, calls: (() => void)[]): void;
}): Scope;
