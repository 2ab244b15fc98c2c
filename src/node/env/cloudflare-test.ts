// `miniflare-rs/cloudflare-test`, in the place of `cloudflare:test`: the helpers that suites of Workers import, over the
// instance of the environment that the test runs in.

import { current } from "./current.ts";
import { proxyOver } from "../../rpc/imported.ts";
import type * as contract from "../../../types/cloudflare-test.d.ts";
import type { Instance } from "./helpers.ts";

/** A function that calls a method of the instance. */
const method = <Name extends string & keyof Instance>(name: Name) =>
  ({
    [name](...args: unknown[]) {
      const { mf } = current();
      return (mf[name] as (...args: unknown[]) => unknown).apply(mf, args);
    },
  })[name] as unknown as Instance[Name];

/** The bindings of the worker, whichever is loaded. */
const env = proxyOver(() => current().bindings) as contract.ProvidedEnv;

/** The worker as its clients see it. */
const SELF: typeof contract.SELF = {
  fetch: (input, init) => current().mf.dispatchFetch(input, init),
  scheduled: async ({ scheduledTime = Date.now(), cron = "" } = {}) => {
    await current().mf.dispatchScheduled(Number(scheduledTime), cron);
    return { outcome: "ok", noRetry: false };
  },
  queue: (queue, messages) => current().mf.dispatchQueue(queue, messages),
};

const abortAllDurableObjects = method("abortAllDurableObjects");
const createExecutionContext = method("createExecutionContext");
const createMessageBatch = method("createMessageBatch");
const createScheduledController = method("createScheduledController");
const evictAllDurableObjects = method("evictAllDurableObjects");
const evictDurableObject = method("evictDurableObject");
const getQueueResult = method("getQueueResult");
const listDurableObjectIds = method("listDurableObjectIds");
const reset = method("reset");
const runDurableObjectAlarm = method("runDurableObjectAlarm");
const runInDurableObject = method("runInDurableObject");
const waitOnExecutionContext = method("waitOnExecutionContext");

export * from "../../mock/node/test-mock.ts";
export {
  abortAllDurableObjects,
  createExecutionContext,
  createMessageBatch,
  createScheduledController,
  env,
  evictAllDurableObjects,
  evictDurableObject,
  getQueueResult,
  listDurableObjectIds,
  reset,
  runDurableObjectAlarm,
  runInDurableObject,
  SELF,
  waitOnExecutionContext,
};
