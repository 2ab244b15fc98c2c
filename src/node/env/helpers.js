"use strict";
// The functions that Miniflare 2's environments made global, over the methods of an instance.

const { waitsOf } = require("./events.js");
const { runWithGates, TestState } = require("./state.js");

/** `bindings()` gives those of the worker that is loaded. */
function helpers(mf, bindings, fetchMock) {
  return {
    getMiniflareBindings: bindings,
    getMiniflareFetchMock: () => fetchMock,
    getMiniflareWaitUntil: (event) => settled(waitsOf(event)),
    getMiniflareDurableObjectStorage: (id) => mf.getDurableObjectStorage(id),
    getMiniflareDurableObjectState: async (id) => new TestState(id, await mf.getDurableObjectStorage(id)),
    getMiniflareDurableObjectInstance: (id) => mf.runWithDurableObject(id, (instance) => instance),
    runWithMiniflareDurableObjectGates: (state, work) => runWithGates(state, work),
    flushMiniflareDurableObjectAlarms: (ids) => mf.flushDurableObjectAlarms(ids),
    getMiniflareDurableObjectIds: (name) => mf.getDurableObjectIds(name),
  };
}

/** The results of all promises, those added meanwhile included. */
async function settled(waits) {
  let results = [];
  do {
    results = await Promise.all(waits);
  } while (results.length < waits.length);
  return results;
}

module.exports = { helpers };
