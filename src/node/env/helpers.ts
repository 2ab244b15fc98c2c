// The functions that Miniflare 2's environments made global, over the methods of an instance.

import { describe } from "../errors.ts";
import { settleWaits, stateOf } from "./env-events.ts";
import { STATE } from "../../durable/node/durable-room.ts";
import { runWithGates, TestState } from "./test-state.ts";
import type { DurableObjectId, Miniflare, MockAgent } from "../../../index.d.ts";
import type { GuestState } from "../../worker/contract.ts";
import type { FETCH, Miniflare as Own } from "../instance/miniflare.ts";

/** An instance, with the methods that rooms add to the class, and those of environments. */
export type Instance = Miniflare &
  Pick<Own, typeof FETCH> & {
    /** The state by which a test constructs an object. */
    [STATE](id: DurableObjectId): Promise<GuestState>;
  };

/** `bindings()` gives those of the worker that is loaded. */
function helpers(mf: Instance, bindings: () => object, mock: MockAgent) {
  return {
    getMiniflareBindings: bindings,
    getMiniflareFetchMock: () => mock,
    getMiniflareWaitUntil: (event: unknown) => settleWaits(waitsOf(event)),
    getMiniflareDurableObjectStorage: (id: DurableObjectId) => mf.getDurableObjectStorage(id),
    getMiniflareDurableObjectState: async (id: DurableObjectId) => new TestState(id, await mf[STATE](id)),
    getMiniflareDurableObjectInstance: (id: DurableObjectId) => mf.runWithDurableObject(id, (instance) => instance),
    runWithMiniflareDurableObjectGates: <Result>(state: unknown, work: () => Result | Promise<Result>) =>
      runWithGates(state, work),
    flushMiniflareDurableObjectAlarms: (ids?: DurableObjectId[]) => mf.flushDurableObjectAlarms(ids),
    getMiniflareDurableObjectIds: (name: string) => mf.getDurableObjectIds(name),
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
