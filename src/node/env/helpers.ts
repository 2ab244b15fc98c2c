// The functions that Miniflare 2's environments made global, over the methods of an instance.

import { describe } from "../errors.ts";
import { settleWaits, stateOf } from "./env-events.ts";
import { STATE } from "../../durable/node/durable-room.ts";
import { runWithGates, TestState } from "./test-state.ts";
import type { DurableObjectId, Miniflare } from "../../../index.d.ts";
import type { GuestState } from "../../worker/contract.ts";
import type { FETCH, INSIDE, Miniflare as Own } from "../instance/miniflare.ts";
import type { Helpers } from "./global-names.ts";
import type { TestInstance } from "./test-instance.ts";

/** An instance, with the methods that rooms add to the class, and those of environments. */
export type Instance = Miniflare &
  Pick<Own, typeof FETCH | typeof INSIDE> & {
    /** The state by which a test constructs an object. */
    [STATE](id: DurableObjectId): Promise<GuestState>;
  };

/**
 * The functions.
 * @param instance gives the instance, and makes it if it has not been made
 * @param getMiniflareDurableObjectIds as its name says
 */
function helpers(
  instance: () => TestInstance,
  getMiniflareDurableObjectIds: (name: string) => Promise<DurableObjectId[]>,
): Helpers {
  return {
    getMiniflareBindings: () => instance().bindings,
    getMiniflareDurableObjectIds,
    getMiniflareFetchMock: () => instance().mock,
    getMiniflareWaitUntil: (event: unknown) => settleWaits(waitsOf(event)),
    getMiniflareDurableObjectStorage: (id: DurableObjectId) => instance().mf.getDurableObjectStorage(id),
    getMiniflareDurableObjectState: async (id: DurableObjectId) => new TestState(id, await instance().mf[STATE](id)),
    getMiniflareDurableObjectInstance: (id: DurableObjectId) =>
      instance().mf.runWithDurableObject(id, (object) => object),
    runWithMiniflareDurableObjectGates: <Result>(state: unknown, work: () => Result | Promise<Result>) =>
      runWithGates(state, work),
    flushMiniflareDurableObjectAlarms: (ids?: DurableObjectId[]) => instance().mf.flushDurableObjectAlarms(ids),
  };
}

/** What an event or a context waits for. */
function waitsOf(event: unknown) {
  try {
    return stateOf(event).waits;
  } catch {
    const text = "takes a FetchEvent, a ScheduledEvent or an ExecutionContext that the test has made";
    throw new TypeError(`getMiniflareWaitUntil() ${text}, got ${describe(event)}`);
  }
}

export { helpers };
