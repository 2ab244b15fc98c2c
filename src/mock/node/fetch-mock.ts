// The door of the mock, which loads it when it is first used: most suites never do.

const createFetchMock = () => require("./agent.ts").createFetchMock();
const isMock = (value) => typeof value?.dispatch === "function";
const openMock = (mock) => (mock === undefined ? undefined : new (require("./hook.ts").MockHook)(mock));

/** A mock's number in the addon; 0 for other dispatchers, which have none. */
const mockNumber = (mock) => (mock === undefined ? undefined : (mock[require("./agent.ts").NUMBER] ?? 0));

export { createFetchMock, isMock, mockNumber, openMock };
