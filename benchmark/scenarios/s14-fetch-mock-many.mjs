// A mock with a thousand interceptors: what finding the right one costs.
import { ask, withInstance } from "../lib/instance.mjs";
import { microsPerCall } from "../lib/timing.mjs";

const INTERCEPTORS = 1_000;

const script = `export default {
  async fetch() {
    const response = await fetch("https://example.com/items/${INTERCEPTORS - 1}");
    return new Response(await response.text());
  },
};`;

function mock(createFetchMock) {
  const fetchMock = createFetchMock();
  fetchMock.disableNetConnect();
  const origin = fetchMock.get("https://example.com");
  for (let item = 0; item < INTERCEPTORS; item++) {
    origin
      .intercept({ method: "GET", path: `/items/${item}` })
      .reply(200, `item ${item}`)
      .persist();
  }
  return fetchMock;
}

export default {
  name: "s14-fetch-mock-many",
  unit: "µs",
  doc: "`dispatchFetch` to a worker whose outbound fetch is answered by the last of 1,000 interceptors",
  run({ Miniflare, createFetchMock }) {
    return withInstance(Miniflare, { script, fetchMock: mock(createFetchMock) }, (mf) =>
      microsPerCall(() => ask(mf, `item ${INTERCEPTORS - 1}`), { warmUp: 200, calls: 1500 }),
    );
  },
};
