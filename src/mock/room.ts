// Mocked `fetch` in a worker: a lazy script (`bundle.ts`). A mock of Node's is named by its number, if the worker has one.

import { load } from "ext:miniflare/realm/lazy.ts";

declare module "../upstream.d.ts" {
  interface LazyScripts {
    "ext:miniflare/mock/bundle.ts": typeof import("./bundle.ts");
  }
}

export const room = {
  name: "mock",
  empty: { mock: undefined },
  bind({ mock }: { mock: number | undefined }) {
    if (mock !== undefined) load("ext:miniflare/mock/bundle.ts").useMock(mock);
    return [];
  },
};
