// `miniflare-rs/cloudflare-test`, which replaces `cloudflare:test` in tests of the environments for Jest and Vitest.

import type * as miniflare from "../index";

type Miniflare = miniflare.Miniflare;

/** The bindings of the worker. Declare them by merging: `interface ProvidedEnv extends Env {}`. */
// biome-ignore lint/suspicious/noEmptyInterface: projects add the properties
export interface ProvidedEnv {}

/** The bindings of the worker that is loaded. */
export const env: ProvidedEnv;

/** The worker as its clients see it. */
export const SELF: {
  /** Dispatches a request. */
  fetch(input: miniflare.RequestInfo, init?: miniflare.RequestInit): Promise<miniflare.Response>;
  /** Dispatches a scheduled event. */
  scheduled(options?: { scheduledTime?: Date | number; cron?: string }): Promise<{ outcome: "ok"; noRetry: boolean }>;
  /** Dispatches messages of a queue. */
  queue(queue: string, messages: miniflare.DispatchedMessage[]): Promise<miniflare.QueueResult>;
};

/** The mock that answers `fetch` of the worker and of the test. */
export const fetchMock: miniflare.MockAgent;

// The methods of an instance with the same names.

export const abortAllDurableObjects: Miniflare["abortAllDurableObjects"];
export const createExecutionContext: Miniflare["createExecutionContext"];
export const createMessageBatch: Miniflare["createMessageBatch"];
export const createScheduledController: Miniflare["createScheduledController"];
export const evictAllDurableObjects: Miniflare["evictAllDurableObjects"];
export const evictDurableObject: Miniflare["evictDurableObject"];
export const getQueueResult: Miniflare["getQueueResult"];
export const listDurableObjectIds: Miniflare["listDurableObjectIds"];
export const reset: Miniflare["reset"];
export const runDurableObjectAlarm: Miniflare["runDurableObjectAlarm"];
export const runInDurableObject: Miniflare["runInDurableObject"];
export const waitOnExecutionContext: Miniflare["waitOnExecutionContext"];
