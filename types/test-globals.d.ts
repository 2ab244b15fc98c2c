// The globals that both environments define, which are all that the one for Jest defines:
// `import "miniflare-rs/jest/globals"`, or `types` of a tsconfig.

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
  /** Returns the bindings, the `env` of module workers. */
  // biome-ignore lint/suspicious/noExplicitAny: bindings are of any kind, and the test knows which
  function getMiniflareBindings<Bindings = Record<string, any>>(): Bindings;

  /** Returns the mock behind `fetch`, that of the test and that of the worker. */
  function getMiniflareFetchMock(): miniflare.MockAgent;

  /** Waits for all promises of an event or a context, and resolves with their results. */
  function getMiniflareWaitUntil<Results extends unknown[] = unknown[]>(
    event: TestFetchEvent | TestScheduledEvent | TestExecutionContext,
  ): Promise<Results>;

  /** Resolves with the storage of the object with this id, which need not be live. */
  function getMiniflareDurableObjectStorage(id: miniflare.DurableObjectId): Promise<miniflare.DurableObjectStorage>;

  /** Resolves with a state for constructing an object, over the storage of the object with this id. */
  function getMiniflareDurableObjectState(id: miniflare.DurableObjectId): Promise<miniflare.DurableObjectState>;

  /**
   * Resolves with a proxy of the object that stubs reach; the object is constructed in the worker if it is not live.
   */
  function getMiniflareDurableObjectInstance<Instance extends object = object>(
    id: miniflare.DurableObjectId,
  ): Promise<Instance>;

  /** Runs `work` as an event of the object that was constructed with `state`, and waits for all of its writes. */
  function runWithMiniflareDurableObjectGates<Result>(
    state: miniflare.DurableObjectState,
    work: () => Result | Promise<Result>,
  ): Promise<Result>;

  /** Calls the handlers of all alarms that are set, or of those of these ids. Resolves with the number of alarms. */
  function flushMiniflareDurableObjectAlarms(ids?: miniflare.DurableObjectId[]): Promise<number>;

  /** Resolves with the ids of the objects of a binding that are live or have stored data. */
  function getMiniflareDurableObjectIds(namespace: string): Promise<miniflare.DurableObjectId[]>;

  /** Marks Miniflare, in tests as in workers. */
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
