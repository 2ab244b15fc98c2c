// Handshakes of workers with servers that a mock stands for: it answers, or refuses, as it does for other requests.

import assert from "node:assert/strict";
import { create, createFetchMock } from "../support/miniflare.mjs";
import { echo, serveSockets } from "../support/socket-server.mjs";
import { test } from "../support/test.mjs";

/** What `fetch` with an upgrade comes to in a worker: status, header, text and whether there is a socket; or the error. */
async function upgraded(t, fetchMock, url) {
  const script = `export default { async fetch() {
    try {
      const response = await fetch("${url}", { headers: { Upgrade: "websocket", "X-Key": "1" } });
      const { status, webSocket } = response;
      return Response.json([status, response.headers.get("x-own"), webSocket === null ? await response.text() : "a socket"]);
    } catch (error) {
      return Response.json([error.name, error.cause?.message ?? error.message]);
    }
  } };`;
  const mf = create(t, { modules: true, script, fetchMock });
  return (await mf.dispatchFetch("http://localhost/")).json();
}

test("an interceptor answers a handshake as a server that does not upgrade", async (t) => {
  const fetchMock = createFetchMock();
  let seen;
  fetchMock
    .get("https://example.com")
    .intercept({ path: "/chat", headers: { "x-key": "1" } })
    .reply(403, (request) => ((seen = request), "not here"), { headers: { "X-Own": "yes" } });
  assert.deepEqual(await upgraded(t, fetchMock, "https://example.com/chat"), [403, "yes", "not here"]);
  assert.equal(seen.method, "GET");
  fetchMock.assertNoPendingInterceptors();
});

test("a handshake that no interceptor answers is refused without the network", async (t) => {
  const fetchMock = createFetchMock();
  fetchMock.disableNetConnect();
  fetchMock.get("https://example.com").intercept({ path: "/other" }).reply(200, "text");
  const [name, message] = await upgraded(t, fetchMock, "https://example.com/chat");
  assert.equal(name, "MockNotMatchedError");
  assert.match(message, /Mock dispatch not matched for path '\/chat'.*net\.connect disabled/s);
});

test("a handshake goes to the server if the mock lets it", async (t) => {
  const fetchMock = createFetchMock();
  const origin = await serveSockets(t, echo);
  fetchMock.get(origin).intercept({ path: "/chat" }).reply(403, "not here");
  fetchMock.enableNetConnect();
  assert.deepEqual(await upgraded(t, fetchMock, `${origin}/elsewhere`), [101, null, "a socket"]);
});
