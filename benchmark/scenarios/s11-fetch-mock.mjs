// A worker whose outbound fetch is answered by a mock.
import { ask, withInstance } from "../lib/instance.mjs";
import { microsPerCall } from "../lib/timing.mjs";

const script = `export default {
  async fetch() {
    const response = await fetch("https://example.com/thing");
    return new Response("response:" + (await response.text()));
  },
};`;

function mock(createFetchMock) {
  const fetchMock = createFetchMock();
  fetchMock.disableNetConnect();
  const origin = fetchMock.get("https://example.com");
  origin.intercept({ method: "GET", path: "/thing" }).reply(200, "Mocked response!").persist();
  return fetchMock;
}

export default {
  name: "s11-fetch-mock",
  unit: "µs",
  doc: "`dispatchFetch` to a worker whose outbound fetch is mocked",
  target: { share: 0.15 },
  run({ Miniflare, createFetchMock }) {
    return withInstance(Miniflare, { script, fetchMock: mock(createFetchMock) }, (mf) =>
      microsPerCall(() => ask(mf, "response:Mocked response!"), { warmUp: 200, calls: 1500 }),
    );
  },
};
