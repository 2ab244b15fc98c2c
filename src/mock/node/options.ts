// The option of mocks.

import { check } from "../../node/options/check.ts";
import { isMock, mockNumber, openMock } from "./fetch-mock.ts";

const options = {
  fetchMock: { check: check("a mock, as createFetchMock() returns, or a dispatcher of undici", isMock) },
};

/** The options that a worker is given a mock with. */
const mockedBy = (mock) => ({ fetchMock: mock });

export const plugin = "CorePlugin";
export const settings = ({ fetchMock }) => ({ mock: mockNumber(fetchMock) });
export const hooks = ({ fetchMock }) => ({ mock: openMock(fetchMock) });
export const inherit = ({ fetchMock }) => ({ fetchMock });
export { options, mockedBy };
