// The mock of the environment that a test runs in, for `miniflare-rs/cloudflare-test`.

import { current } from "../../node/env/current.ts";
import type { MockAgent } from "../../../index.d.ts";

const fetchMock = new Proxy({} as MockAgent, {
  get(_, name) {
    const { mock } = current();
    const value: unknown = Reflect.get(mock, name);
    return typeof value === "function" ? value.bind(mock) : value;
  },
});

export { fetchMock };
