// The mock for a worker's outbound fetch: who gives the answer, and what the worker sees of it.

import { describe } from "node:test";
import assert from "node:assert/strict";
import { test } from "../support/test.mjs";
import { create, createFetchMock, differs } from "../support/miniflare.mjs";
import { text } from "../support/dispatch.mjs";
import { mocked, outcomes } from "../support/fetch-mock.mjs";

const SAMPLE = `export default {
  async fetch(request, env, ctx) {
    const res = await fetch("https://example.com/thing");
    const text = await res.text();
    return new Response(\`response:\${text}\`);
  }
}`;

function sample(t, options) {
  const fetchMock = createFetchMock();
  fetchMock.disableNetConnect();
  const origin = fetchMock.get("https://example.com");
  origin.intercept({ method: "GET", path: "/thing" }).reply(200, "Mocked response!").persist();
  return create(t, { ...options, fetchMock });
}

describe("a mocked fetch", () => {
  test("of a module worker gets the mock's response", async (t) => {
    assert.equal(await text(sample(t, { script: SAMPLE })), "response:Mocked response!");
  });

  test("of a service worker gets the mock's response", async (t) => {
    const script = `addEventListener("fetch", (event) => event.respondWith(fetch("https://example.com/thing")));`;
    assert.equal(await text(sample(t, { script })), "Mocked response!");
  });

  test("of a Durable Object gets the mock's response", async (t) => {
    const script = `
      export class Fetcher { async fetch() { return fetch("https://example.com/thing"); } }
      export default { fetch(request, env) { return env.FETCHERS.get(env.FETCHERS.idFromName("a")).fetch(request); } };`;
    const mf = sample(t, { script, durableObjects: { FETCHERS: "Fetcher" } });
    assert.equal(await text(mf), "Mocked response!");
  });

  test("of a mount gets the response of the instance's mock", differs("mounts use the network"), async (t) => {
    const mf = sample(t, {
      script: "export default { fetch: (request, env) => env.MOUNT.fetch(request) };",
      serviceBindings: { MOUNT: "mount" },
      mounts: { mount: { modules: true, script: SAMPLE } },
    });
    assert.equal(await text(mf), "response:Mocked response!");
  });

  test("gets the mock's response after a reload", async (t) => {
    const mf = sample(t, { script: SAMPLE });
    await text(mf);
    await mf.reload();
    assert.equal(await text(mf), "response:Mocked response!");
  });

  test("that no interceptor takes fails when the network is disabled", async (t) => {
    const { mf } = mocked(t, ["https://example.com/thing"]);
    const [outcome] = await outcomes(mf);
    assert.deepEqual(outcome, {
      name: "TypeError",
      message: "fetch failed",
      cause: {
        name: "MockNotMatchedError",
        message:
          "Mock dispatch not matched for path '/thing': subsequent request to origin https://example.com was not allowed (net.connect disabled)",
        code: "UND_MOCK_ERR_MOCK_NOT_MATCHED",
      },
    });
  });

  test("follows redirects through the mock", async (t) => {
    const { mf, fetchMock } = mocked(t, ["https://a.com/from"]);
    fetchMock
      .get("https://a.com")
      .intercept({ path: "/from" })
      .reply(302, "", { headers: { location: "https://b.com/to" } });
    fetchMock.get("https://b.com").intercept({ path: "/to" }).reply(200, "there");
    const [outcome] = await outcomes(mf);
    assert.deepEqual(outcome, { status: 200, url: "https://b.com/to", redirected: true, headers: [], text: "there" });
  });
});

test("a mock may be chosen and given up with setOptions", differs("a mock cannot be unset there"), async (t) => {
  const mf = sample(t, { script: SAMPLE });
  assert.equal(await text(mf), "response:Mocked response!");
  const another = createFetchMock();
  another.disableNetConnect();
  another.get("https://example.com").intercept({ path: "/thing" }).reply(200, "another");
  await mf.setOptions({ fetchMock: another });
  assert.equal(await text(mf), "response:another");
});
