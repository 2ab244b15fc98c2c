// Tags: oracle, every-node
// The mock for workers' outbound fetches: whose fetches it answers, and what a worker sees of it.

import assert from "node:assert/strict";
import { describe } from "node:test";
import { text } from "../support/dispatch.mjs";
import { brief, fetching, mocked, refusal } from "../support/fetch-mock.mjs";
import { create, createFetchMock, differs } from "../support/miniflare.mjs";
import { serve } from "../support/server.mjs";
import { test } from "../support/test.mjs";

const SAMPLE = `export default {
  async fetch(request, env, ctx) {
    const res = await fetch("https://example.com/thing");
    const text = await res.text();
    return new Response(\`response:\${text}\`);
  }
}`;

function mockOf(reply) {
  const fetchMock = createFetchMock();
  fetchMock.disableNetConnect();
  const origin = fetchMock.get("https://example.com");
  origin.intercept({ method: "GET", path: "/thing" }).reply(200, reply).persist();
  return fetchMock;
}

const sample = (t, options) => create(t, { ...options, fetchMock: mockOf("Mocked response!") });

describe("a mock answers the fetches", () => {
  test("of a module worker", async (t) => {
    assert.equal(await text(sample(t, { script: SAMPLE }), "http://localhost:8787/"), "response:Mocked response!");
  });

  test("of a service worker", async (t) => {
    const script = `addEventListener("fetch", (event) => event.respondWith(fetch("https://example.com/thing")));`;
    assert.equal(await text(sample(t, { script })), "Mocked response!");
  });

  test("of a Durable Object", async (t) => {
    const script = `
      export class Fetcher { async fetch() { return fetch("https://example.com/thing"); } }
      export default { fetch(request, env) { return env.FETCHERS.get(env.FETCHERS.idFromName("a")).fetch(request); } };`;
    const mf = sample(t, { script, durableObjects: { FETCHERS: "Fetcher" } });
    assert.equal(await text(mf), "Mocked response!");
  });

  test("of a scheduled event", async (t) => {
    const script = `export default { async scheduled(controller, env, ctx) {
      const response = await fetch("https://example.com/thing");
      return response.text();
    } }`;
    assert.deepEqual(await sample(t, { script }).dispatchScheduled(), ["Mocked response!"]);
  });

  test("of a mount", differs("its mounts use the network"), async (t) => {
    const mf = sample(t, {
      script: "export default { fetch: (request, env) => env.MOUNT.fetch(request) };",
      serviceBindings: { MOUNT: "mount" },
      mounts: { mount: { modules: true, script: SAMPLE } },
    });
    assert.equal(await text(mf), "response:Mocked response!");
  });

  test("of what goes on to the upstream", differs("asks the network"), async (t) => {
    const upstream = "https://example.com";
    const script = "export default { fetch() {} };";
    assert.equal(await text(sample(t, { script, upstream }), `${upstream}/thing`), "Mocked response!");
    const bound = sample(t, {
      script: "export default { fetch: (request, env) => env.MOUNT.fetch(request) };",
      serviceBindings: { MOUNT: "mount" },
      mounts: { mount: { modules: true, script, upstream } },
    });
    assert.equal(await text(bound, `${upstream}/thing`), "Mocked response!");
  });

  test("of the worker after a reload", async (t) => {
    const mf = sample(t, { script: SAMPLE });
    await text(mf);
    await mf.reload();
    assert.equal(await text(mf), "response:Mocked response!");
  });

  test("of two instances", async (t) => {
    const { fetchMock, pool, fetches } = mocked(t);
    pool.intercept({ path: "/a" }).reply(200, "once");
    const other = fetching(t, fetchMock);
    assert.deepEqual(brief(await fetches("/a")), ["once"]);
    const answer = await text(other, "http://localhost/", { method: "POST", body: '[["https://example.com/a", {}]]' });
    assert.equal(JSON.parse(answer)[0].cause.message, refusal("path", "/a"));
  });
});

describe("a mock", () => {
  test("is exchanged by setOptions", async (t) => {
    const mf = sample(t, { script: SAMPLE });
    assert.equal(await text(mf), "response:Mocked response!");
    const another = createFetchMock();
    another.get("https://example.com").intercept({ path: "/thing" }).reply(200, "another");
    await mf.setOptions({ fetchMock: another });
    assert.equal(await text(mf), "response:another");
  });

  test("may be given up, and mounts give it up as well", differs("keeps it"), async (t) => {
    const url = await serve(t, (_request, response) => response.end("from the network"));
    const fetchMock = createFetchMock();
    fetchMock.get(url).intercept({ path: "/" }).reply(200, "mocked").persist();
    const script = `export default { fetch: () => fetch("${url}/") };`;
    const mf = create(t, { script, mounts: { mount: { modules: true, script } }, fetchMock });
    const both = async () => [await text(mf), await text(await mf.getMount("mount"))];
    assert.deepEqual(await both(), ["mocked", "mocked"]);
    await mf.setOptions({ fetchMock: undefined });
    assert.deepEqual(await both(), ["from the network", "from the network"]);
  });

  test("of a mount comes before the one of the instance", async (t) => {
    const mf = sample(t, {
      script: "export default { fetch: (request, env) => env.MOUNT.fetch(request) };",
      serviceBindings: { MOUNT: "mount" },
      mounts: { mount: { modules: true, script: SAMPLE, fetchMock: mockOf("the mount's") } },
    });
    assert.equal(await text(mf), "response:the mount's");
  });

  test("may be changed between requests", async (t) => {
    const { pool, fetches } = mocked(t);
    pool.intercept({ path: "/a" }).reply(200, "first");
    assert.deepEqual(brief(await fetches("/a")), ["first"]);
    pool.intercept({ path: "/a" }).reply(200, "second");
    assert.deepEqual(brief(await fetches("/a")), ["second"]);
  });

  test("may be changed by its own callbacks while a request is under way", async (t) => {
    const { pool, fetches } = mocked(t);
    const more = () => {
      pool.intercept({ path: "/b" }).reply(200, "added");
      return "adding";
    };
    pool.intercept({ path: "/a" }).reply(200, more);
    assert.deepEqual(brief(await fetches("/a", "/b")), ["adding", "added"]);
  });

  test("is asked for each hop of a redirect", async (t) => {
    const { fetchMock, pool, fetches } = mocked(t);
    const to = (location) => ({ headers: { location } });
    pool.intercept({ path: "/from" }).reply(302, "", to("https://b.com/over"));
    fetchMock.get("https://b.com").intercept({ path: "/over" }).reply(307, "", to("/to"));
    fetchMock.get("https://b.com").intercept({ path: "/to" }).reply(200, "there");
    const [outcome] = await fetches("/from");
    assert.deepEqual(outcome, {
      status: 200,
      statusText: "OK",
      url: "https://b.com/to",
      redirected: true,
      headers: [],
      text: "there",
    });
  });

  test("is asked with the encodings that are understood on the way of each hop", async (t) => {
    const { fetchMock, pool, fetches } = mocked(t);
    const redirect = (location) => [302, "", { headers: { location } }];
    const encodings = ({ headers }) => headers["accept-encoding"];
    const plain = fetchMock.get("http://a.com");
    plain.intercept({ path: "/up" }).reply(...redirect("https://example.com/"));
    pool.intercept({ path: "/" }).reply(200, encodings).times(2);
    pool.intercept({ path: "/down" }).reply(...redirect("http://a.com/"));
    plain.intercept({ path: "/" }).reply(200, encodings);
    const own = ["http://a.com/up", { headers: { "Accept-Encoding": "gzip" } }];
    assert.deepEqual(brief(await fetches("http://a.com/up", "/down")), ["br, gzip, deflate", "gzip, deflate"]);
    plain.intercept({ path: "/up" }).reply(...redirect("https://example.com/own"));
    pool.intercept({ path: "/own" }).reply(200, ({ headers }) => headers["Accept-Encoding"]);
    assert.deepEqual(brief(await fetches(own)), ["gzip"]);
  });

  test("fails a redirect to what it does not know", async (t) => {
    const { pool, fetches } = mocked(t);
    pool.intercept({ path: "/from" }).reply(302, "", { headers: { location: "/to" } });
    assert.deepEqual(brief(await fetches("/from")), [refusal("path", "/to")]);
  });

  test("gives redirects to a caller that does not follow them", async (t) => {
    const { pool, fetches } = mocked(t);
    pool.intercept({ path: "/from" }).reply(301, "moved", { headers: { location: "/to" } });
    const [{ status, headers, text: body }] = await fetches(["/from", { redirect: "manual" }]);
    assert.deepEqual([status, headers, body], [301, [["location", "/to"]], "moved"]);
  });
});
