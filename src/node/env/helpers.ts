// The functions that Miniflare 2's environments made global, over the methods of an instance.

import { describe } from "../errors.ts";
import { settleWaits, stateOf } from "./env-events.ts";
import { STATE } from "../../durable/node/durable-room.ts";
import { runWithGates, TestState } from "./test-state.ts";

/** `bindings()` gives those of the worker that is loaded. */
function helpers(mf, bindings, mock) {
  return {
    getMiniflareBindings: bindings,
    getMiniflareFetchMock: () => mock,
    getMiniflareWaitUntil: (event) => settleWaits(waitsOf(event)),
    getMiniflareDurableObjectStorage: (id) => mf.getDurableObjectStorage(id),
    getMiniflareDurableObjectState: async (id) => new TestState(id, await mf[STATE](id)),
    getMiniflareDurableObjectInstance: (id) => mf.runWithDurableObject(id, (instance) => instance),
    runWithMiniflareDurableObjectGates: (state, work) => runWithGates(state, work),
    flushMiniflareDurableObjectAlarms: (ids) => mf.flushDurableObjectAlarms(ids),
    getMiniflareDurableObjectIds: (name) => mf.getDurableObjectIds(name),
  };
}

/** What an event or a context waits for. */
function waitsOf(event) {
  try {
    return stateOf(event).waits;
  } catch {
    const text = "takes a FetchEvent, a ScheduledEvent or an ExecutionContext that the test has made";
    throw new TypeError(`getMiniflareWaitUntil() ${text}, got ${describe(event)}`);
  }
}

export { helpers };
