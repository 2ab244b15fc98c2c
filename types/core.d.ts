// `miniflare-rs/core`, which replaces `@miniflare/core`: all exports of the package, and other names that suites
// import.

import type * as miniflare from "../index";

export * from "../index";

/** Node's `Headers`, with `getAll` of Workers. */
export type Headers = miniflare.Headers;
export const Headers: {
  prototype: Headers;
  new (init?: ConstructorParameters<typeof globalThis.Headers>[0]): Headers;
};

/** Node's `FormData`. */
export class FormData extends globalThis.FormData {}

/** Node's own `fetch`, with the classes of this package, for requests of a test. A worker has a different one. */
export function fetch(input: miniflare.RequestInfo, init?: miniflare.RequestInit): Promise<miniflare.Response>;

/** The key of an event's promises: `await Promise.all(event[kWaitUntil])`. */
export const kWaitUntil: unique symbol;

/** The event of a service worker's `fetch` listeners, for suites that call their listeners in Node. */
export class FetchEvent extends Event {
  constructor(type: "fetch", init: { request: globalThis.Request });
  readonly request: miniflare.Request;
  /** The promises that were passed to `waitUntil()`, in order. */
  readonly [kWaitUntil]: Promise<unknown>[];
  /** @throws an `InvalidStateError` if it is called again */
  respondWith(response: globalThis.Response | Promise<globalThis.Response>): void;
  passThroughOnException(): void;
  waitUntil(promise: unknown): void;
}

/** The event of a service worker's `scheduled` listeners, for suites that call their listeners in Node. */
export class ScheduledEvent extends Event {
  /** @param init the time in milliseconds since 1970, and the cron expression */
  constructor(type: "scheduled", init: { scheduledTime: number; cron: string });
  readonly scheduledTime: number;
  readonly cron: string;
  /** The promises that were passed to `waitUntil()`, in order. */
  readonly [kWaitUntil]: Promise<unknown>[];
  waitUntil(promise: unknown): void;
}

/** A name for {@link MiniflareCore}. It cannot be constructed. */
export class BindingsPlugin {
  private constructor();
}
/** A name for {@link MiniflareCore}. It cannot be constructed. */
export class BuildPlugin {
  private constructor();
}
/** A name for {@link MiniflareCore}. It cannot be constructed. */
export class CorePlugin {
  private constructor();
}

export interface MiniflareCoreContext {
  /** The log, as in the options of an instance. */
  log?: miniflare.Log;
  /** Whether a missing script is an error. Default: `false`. */
  scriptRequired?: boolean;
  /** Ignored with a warning: data is stored where the `...Persist` options say. */
  storageFactory?: unknown;
  /** Ignored: a worker runs in its own V8. */
  scriptRunner?: unknown;
  /** Ignored. */
  queueBroker?: unknown;
}

/** An instance with the plugins that are passed to it. */
export class MiniflareCore<Plugins extends object = Record<string, unknown>> extends miniflare.Miniflare {
  /**
   * @param plugins keyed by name, `{ CorePlugin, KVPlugin }`. Options of other plugins are ignored.
   * @throws {TypeError} for custom plugins
   */
  constructor(plugins: Plugins, context?: MiniflareCoreContext, options?: miniflare.MiniflareOptions);
}
