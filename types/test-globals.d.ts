// The globals that the environments make, and all of that for Jest: `import "miniflare-rs/jest/globals"`, or `types` of a
// tsconfig.

import type * as miniflare from "../index.d.ts";

interface TestExecutionContext {
  waitUntil(promise: Promise<unknown>): void;
  passThroughOnException(): void;
}

interface TestFetchEvent extends Event, TestExecutionContext {
  readonly request: miniflare.Request;
  respondWith(response: globalThis.Response | Promise<globalThis.Response>): void;
}

interface TestScheduledEvent extends Event {
  readonly scheduledTime: number;
  readonly cron: string;
  waitUntil(promise: Promise<unknown>): void;
}

declare global {
  /** The bindings: the `env` of module workers. */
  // biome-ignore lint/suspicious/noExplicitAny: bindings are of any kind, and the test knows which
  function getMiniflareBindings<Bindings = Record<string, any>>(): Bindings;

  /** The mock behind `fetch`, the test's and the worker's. */
  function getMiniflareFetchMock(): miniflare.MockAgent;

  /** Awaits all that an event or a context waits for, and resolves with the results. */
  function getMiniflareWaitUntil<Results extends unknown[] = unknown[]>(
    event: TestFetchEvent | TestScheduledEvent | TestExecutionContext,
  ): Promise<Results>;

  /** The storage of the object with this id, whether it has been constructed or not. */
  function getMiniflareDurableObjectStorage(id: miniflare.DurableObjectId): Promise<miniflare.DurableObjectStorage>;

  /** A state to construct an object with, over the storage of the object with this id. */
  function getMiniflareDurableObjectState(id: miniflare.DurableObjectId): Promise<miniflare.DurableObjectState>;

  /** The object that stubs reach, constructed if it does not live: it stays in the worker, and this stands for it. */
  function getMiniflareDurableObjectInstance<Instance extends object = object>(
    id: miniflare.DurableObjectId,
  ): Promise<Instance>;

  /** Runs `work` as an event of the object that was constructed with `state`, and waits for all that it has written. */
  function runWithMiniflareDurableObjectGates<Result>(
    state: miniflare.DurableObjectState,
    work: () => Result | Promise<Result>,
  ): Promise<Result>;

  /** Calls the handlers of the alarms that are set, of all objects or of those with these ids; how many there were. */
  function flushMiniflareDurableObjectAlarms(ids?: miniflare.DurableObjectId[]): Promise<number>;

  /** The ids of a binding's objects that live or have stored something. */
  function getMiniflareDurableObjectIds(namespace: string): Promise<miniflare.DurableObjectId[]>;

  /** Says that this is Miniflare, in tests as in workers. */
  var MINIFLARE: true;

  /** The third argument of module handlers. */
  var ExecutionContext: { prototype: TestExecutionContext; new (): TestExecutionContext };

  /** The event of a service worker's listeners of `fetch`. */
  var FetchEvent: {
    prototype: TestFetchEvent;
    new (type: "fetch", init: { request: globalThis.Request }): TestFetchEvent;
  };

  /** The event of a service worker's listeners of `scheduled`. */
  var ScheduledEvent: {
    prototype: TestScheduledEvent;
    new (type: "scheduled", init: { scheduledTime: number; cron: string }): TestScheduledEvent;
  };
}
