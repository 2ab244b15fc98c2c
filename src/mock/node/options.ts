// The option of mocks.

import { check } from "../../node/options/check.ts";
import type { FetchDispatcher, MiniflareOptions } from "../../../index.d.ts";
import type { RoomHooks } from "../../node/instance/lane-hooks.ts";
import { HOST } from "../../protocol.ts";
import { isMock, mockNumber, openMock } from "./fetch-mock.ts";

const options = {
  fetchMock: { check: check("a mock, as createFetchMock() returns, or a dispatcher of undici", isMock) },
};

type Mocked = Pick<MiniflareOptions, "fetchMock">;

/** The options that a worker is given a mock with, or without one. */
const mockedBy = (mock: FetchDispatcher | undefined): MiniflareOptions => ({ fetchMock: mock });

export const plugin = "CorePlugin";
export const settings = ({ fetchMock }: Mocked) => ({ mock: mockNumber(fetchMock) });
export function hooks({ fetchMock }: Mocked): RoomHooks | undefined {
  if (fetchMock === undefined) return undefined;
  const mock = openMock(fetchMock);
  return { calls: { [HOST.MOCK]: (hop, membrane) => mock.ask(hop, membrane) }, end: () => mock.end() };
}
export const inherit = ({ fetchMock }: Mocked) => ({ fetchMock });
export { options, mockedBy };
