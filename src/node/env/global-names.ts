// The names that an environment makes global in any case. They are known apart from what they stand for, which is loaded
// when a test looks at one.

/** Classes, which no loop over a global scope shows. */
const CLASSES = [
  "CloseEvent",
  "Crypto",
  "ErrorEvent",
  "ExecutionContext",
  "FetchEvent",
  "FixedLengthStream",
  "Headers",
  "IdentityTransformStream",
  "Navigator",
  "PromiseRejectionEvent",
  "Request",
  "Response",
  "ScheduledController",
  "ScheduledEvent",
  "Scheduler",
  "SubtleCrypto",
  "URLPattern",
  "WebSocket",
  "WebSocketPair",
  "WebSocketRequestResponsePair",
  "WorkerGlobalScope",
] as const;

const VALUES = [
  "addEventListener",
  "caches",
  "crypto",
  "dispatchEvent",
  "fetch",
  "MINIFLARE",
  "navigator",
  "removeEventListener",
  "scheduler",
] as const;

const HELPERS = [
  "flushMiniflareDurableObjectAlarms",
  "getMiniflareBindings",
  "getMiniflareDurableObjectIds",
  "getMiniflareDurableObjectInstance",
  "getMiniflareDurableObjectState",
  "getMiniflareDurableObjectStorage",
  "getMiniflareFetchMock",
  "getMiniflareWaitUntil",
  "runWithMiniflareDurableObjectGates",
] as const;

/** What makes a value, for each of these names. */
type Makers<Names extends readonly string[]> = Record<Names[number], () => unknown>;
export type ClassMakers = Makers<typeof CLASSES>;
export type ValueMakers = Makers<typeof VALUES>;
export type Helpers = Record<(typeof HELPERS)[number], (...args: never[]) => unknown>;

export { CLASSES, HELPERS, VALUES };
