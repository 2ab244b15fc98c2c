// The option of mocks.

import { check } from "../../node/options/check.ts";
import type { FetchDispatcher, MiniflareOptions } from "../../../index.d.ts";
import { isMock, mockNumber, openMock } from "./fetch-mock.ts";

const options = {
  fetchMock: { check: check("a mock, as createFetchMock() returns, or a dispatcher of undici", isMock) },
};

type Mocked = Pick<MiniflareOptions, "fetchMock">;

/** The options that a worker is given a mock with. */
const mockedBy = (mock: FetchDispatcher): MiniflareOptions => ({ fetchMock: mock });

export const plugin = "CorePlugin";
export const settings = ({ fetchMock }: Mocked) => ({ mock: mockNumber(fetchMock) });
export const hooks = ({ fetchMock }: Mocked) => ({ mock: openMock(fetchMock) });
export const inherit = ({ fetchMock }: Mocked) => ({ fetchMock });
export { options, mockedBy };
