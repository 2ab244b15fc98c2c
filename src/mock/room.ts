// Mocked `fetch` in a worker: a mock of Node's is named by its number, if the worker has one.

import { useMock } from "ext:miniflare/mock/mock-fetch.ts";

export const room = {
  name: "mock",
  empty: { mock: undefined },
  bind({ mock }: { mock: number | undefined }) {
    if (mock !== undefined) useMock(mock);
    return [];
  },
};
