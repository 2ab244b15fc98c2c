// The mock of outbound fetches, used as a suite uses it. Compiled by `npm run types`, never run.

import { createFetchMock as ofTheCore } from "miniflare-rs/core";
import {
  createFetchMock,
  type FetchDispatcher,
  type MockAgent,
  type MockCall,
  type MockInterceptor,
  type MockPool,
  type MockScope,
  Miniflare,
  type PendingInterceptor,
} from "miniflare-rs";

const fetchMock: MockAgent = createFetchMock();
const same: MockAgent = ofTheCore().record("fixtures/api.json", { mode: "none" });

fetchMock.disableNetConnect();
fetchMock.enableNetConnect();
fetchMock.enableNetConnect("localhost:8080");
fetchMock.enableNetConnect(/^localhost/);
fetchMock.enableNetConnect((host) => host.length > 1);
fetchMock.activate();
fetchMock.deactivate();
const isActive: boolean = fetchMock.isMockActive;

const pool: MockPool = fetchMock.get("https://example.com");
fetchMock.get(/\.com$/);
fetchMock.get(new URL("https://example.com"));
fetchMock.get((origin) => origin.endsWith(".com"));

const interceptor: MockInterceptor = pool
  .intercept({
    path: (path) => path.startsWith("/"),
    method: /^P/,
    body: { a: 1 },
    headers: { a: "1", b: /2/, c: async (value) => value === "3" },
    query: { page: 1, tags: ["a", "b"] },
  })
  .defaultReplyHeaders({ a: "1", list: ["1", "2"] })
  .defaultReplyTrailers({ b: "2" })
  .replyContentLength();
pool.intercept({ path: "/a", body: (body) => body.length > 1, headers: (headers) => headers.a === "1" });
pool.intercept({ path: "/a", body: null, headers: new Headers() });

const scope: MockScope = interceptor.reply(200, "text", { headers: { a: 1 }, trailers: { b: "2" } });
interceptor.reply(200, { a: 1 });
interceptor.reply(200, ({ path, origin, method, body, headers }) => [path, origin, method, body, headers.a]);
interceptor.reply(200, async () => new Uint8Array(1));
interceptor.reply(({ method }) => ({ statusCode: 200, data: method, responseOptions: { headers: { a: "1" } } }));
interceptor.reply(async () => ({ statusCode: 200 }));
interceptor.replyWithError(new Error("oops")).times(2);
const calls: MockCall[] = scope.delay(10).times(2).persist().calls();

const pending: PendingInterceptor[] = fetchMock.pendingInterceptors();
fetchMock.assertNoPendingInterceptors();
fetchMock.assertNoPendingInterceptors({
  pendingInterceptorsFormatter: { format: (all) => all.map(({ path }) => String(path)).join() },
});
await pool.close();
await fetchMock.close();

const dispatcher: FetchDispatcher = { dispatch: (_options, _handler) => true };
new Miniflare({ script: "", fetchMock });
new Miniflare({ script: "", fetchMock: dispatcher });

// @ts-expect-error: a mock, not whether there is one
new Miniflare({ fetchMock: true });
// @ts-expect-error: a path is missing
pool.intercept({ method: "GET" });
// @ts-expect-error: a matcher
pool.intercept({ path: 5 });
// @ts-expect-error: a status
interceptor.reply("ok");
// @ts-expect-error: milliseconds
scope.delay("1s");
// @ts-expect-error: no such mode
fetchMock.record("a.json", { mode: "some" });

export { calls, isActive, pending, same };
