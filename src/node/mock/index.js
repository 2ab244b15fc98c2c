"use strict";
// The door of the mock, which loads it when it is first used: most suites never do.

const createFetchMock = () => require("./agent.js").createFetchMock();
const isMock = (value) => typeof value?.dispatch === "function";
const openMock = (mock) => (mock === undefined ? undefined : new (require("./hook.js").MockHook)(mock));

module.exports = { createFetchMock, isMock, openMock };
