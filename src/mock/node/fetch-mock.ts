// The door of the mock, which loads it when it is first used: most suites never do.

import type { FetchDispatcher, MockAgent } from "../../../index.d.ts";
import type { MockHook } from "./hook.ts";

const agent = () => require("./agent.ts") as typeof import("./agent.ts");
const hook = () => require("./hook.ts") as typeof import("./hook.ts");

const createFetchMock = (): MockAgent => agent().createFetchMock();
const isMock = (value: unknown): value is FetchDispatcher =>
  typeof (value as Partial<FetchDispatcher> | null | undefined)?.dispatch === "function";
const openMock = (mock: FetchDispatcher): MockHook => new (hook().MockHook)(mock);

/** A mock's number in the addon; 0 for other dispatchers, which have none. */
const mockNumber = (mock: FetchDispatcher | undefined): number | undefined =>
  mock === undefined ? undefined : agent().numberOf(mock);

export { createFetchMock, isMock, mockNumber, openMock };
