// `miniflare-rs/core`, in the place of `@miniflare/core`: what the package exports, and the other names that suites import.

import type * as miniflare from "../index";

export * from "../index";

/** Node's `Headers`, with the method that Workers list cookies by. */
export type Headers = miniflare.Headers;
export const Headers: {
  prototype: Headers;
  new (init?: ConstructorParameters<typeof globalThis.Headers>[0]): Headers;
};

/** Node's `FormData`. */
export class FormData extends globalThis.FormData {}

/** Node's own `fetch`, with the classes of this package: for requests of a test. A worker has another. */
export function fetch(input: miniflare.RequestInfo, init?: miniflare.RequestInit): Promise<miniflare.Response>;

/** What an event waits for: `await Promise.all(event[kWaitUntil])`. */
export const kWaitUntil: unique symbol;

/** The event of a service worker's listeners of `fetch`, for suites that call theirs in Node. */
export class FetchEvent extends Event {
  constructor(type: "fetch", init: { request: globalThis.Request });
  readonly request: miniflare.Request;
  /** The promises that `waitUntil()` was called with, in order. */
  readonly [kWaitUntil]: Promise<unknown>[];
  /** @throws `InvalidStateError` when it is called again */
  respondWith(response: globalThis.Response | Promise<globalThis.Response>): void;
  passThroughOnException(): void;
  waitUntil(promise: unknown): void;
}

/** The event of a service worker's listeners of `scheduled`, for suites that call theirs in Node. */
export class ScheduledEvent extends Event {
  /** @param init the time in milliseconds since the epoch, and the expression that was due */
  constructor(type: "scheduled", init: { scheduledTime: number; cron: string });
  readonly scheduledTime: number;
  readonly cron: string;
  /** The promises that `waitUntil()` was called with, in order. */
  readonly [kWaitUntil]: Promise<unknown>[];
  waitUntil(promise: unknown): void;
}

/** A name for {@link MiniflareCore}; it cannot be constructed. */
export class BindingsPlugin {
  private constructor();
}
/** A name for {@link MiniflareCore}; it cannot be constructed. */
export class BuildPlugin {
  private constructor();
}
/** A name for {@link MiniflareCore}; it cannot be constructed. */
export class CorePlugin {
  private constructor();
}

export interface MiniflareCoreContext {
  /** As the option of an instance. */
  log?: miniflare.Log;
  /** Whether it is an error to have no script. Default: `false`. */
  scriptRequired?: boolean;
  /** Not used, of which the log is warned: what a worker stores is where the `...Persist` options say. */
  storageFactory?: unknown;
  /** Not used: a worker runs in a V8 of its own. */
  scriptRunner?: unknown;
  /** Not used. */
  queueBroker?: unknown;
}

/** An instance that is given the plugins to have. */
export class MiniflareCore<Plugins extends object = Record<string, unknown>> extends miniflare.Miniflare {
  /**
   * @param plugins by their names, `{ CorePlugin, KVPlugin }`. Options of plugins that are not among them have no effect
   * @throws {TypeError} for plugins of your own
   */
  constructor(plugins: Plugins, context?: MiniflareCoreContext, options?: miniflare.MiniflareOptions);
}
