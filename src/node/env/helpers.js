"use strict";
// The functions that Miniflare 2's environments made global, over the methods of an instance.

const { describe } = require("../errors.js");
const { settleWaits, stateOf } = require("./env-events.js");
const { STATE } = require("../../durable/node/durable-room.js");
const { runWithGates, TestState } = require("./test-state.js");

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

module.exports = { helpers };
