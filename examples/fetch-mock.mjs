// A mock in the place of the network: the worker's `fetch()` gets the response that the test defines.
import { createFetchMock, Miniflare } from "miniflare-rs";

const fetchMock = createFetchMock();
const mf = new Miniflare({
  modules: true,
  script: `
    export default {
      async fetch(request, env, ctx) {
        const res = await fetch("https://example.com/thing");
        const text = await res.text();
        return new Response(\`response:\${text}\`);
      }
    }
  `,
  fetchMock,
});

// What no interceptor takes fails, and goes to no server.
fetchMock.disableNetConnect();
const origin = fetchMock.get("https://example.com");
origin.intercept({ method: "GET", path: "/thing" }).reply(200, "Mocked response!");

const res = await mf.dispatchFetch("http://localhost:8787/");
console.log(await res.text()); // response:Mocked response!
fetchMock.assertNoPendingInterceptors();

await mf.dispose();
