"use strict";
// The door of the mock, which loads it when it is first used: most suites never do.

const createFetchMock = () => require("./agent.js").createFetchMock();
const isMock = (value) => typeof value?.dispatch === "function";
const openMock = (mock) => (mock === undefined ? undefined : new (require("./hook.js").MockHook)(mock));

/** A mock's number in the addon; 0 for other dispatchers, which have none. */
const mockNumber = (mock) => (mock === undefined ? undefined : (mock[require("./agent.js").NUMBER] ?? 0));

module.exports = { createFetchMock, isMock, mockNumber, openMock };
