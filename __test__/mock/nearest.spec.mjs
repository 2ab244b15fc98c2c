// Tags: every-node
// What the error of a request that no interceptor takes tells whoever reads it.

import assert from "node:assert/strict";
import { describe } from "node:test";
import { inspect } from "node:util";
import { rejection } from "../support/dispatch.mjs";
import { ORIGIN, refusal } from "../support/fetch-mock.mjs";
import { create, createFetchMock } from "../support/miniflare.mjs";
import { test } from "../support/test.mjs";

/** The error that a worker's fetch fails with, as a test gets it; `define(pool, fetchMock)` makes the mock. */
async function refused(t, define, url, init = {}) {
  const fetchMock = createFetchMock();
  fetchMock.disableNetConnect();
  define(fetchMock.get(ORIGIN), fetchMock);
  const script = `export default { fetch: () => fetch(${JSON.stringify(new URL(url, ORIGIN))}, ${JSON.stringify(init)}) };`;
  return rejection(create(t, { script, fetchMock }).dispatchFetch("http://localhost/"));
}

/** The lines of help below its message. */
async function help(...args) {
  const { cause } = await refused(...args);
  return cause.stack.split("\n").slice(2);
}

describe("the error of an unmatched request", () => {
  test("has undici's message, word for word, and the help where it is printed", async (t) => {
    const error = await refused(t, (pool) => pool.intercept({ path: "/things" }).reply(200), "/thing");
    assert.equal(error.cause.message, refusal("path", "/thing"));
    assert.match(inspect(error), /Nearest interceptors:\n +GET https:\/\/example\.com\/things: the path is '\/thing'/);
    assert.deepEqual(error.cause.nearest, [
      { interceptor: "GET https://example.com/things", differences: ["the path is '/thing'"] },
    ]);
  });

  test("says nothing more when there are no interceptors", async (t) => {
    const { cause } = await refused(t, () => {}, "/a");
    assert.doesNotMatch(cause.stack, /Nearest/);
    assert.equal(cause.nearest, undefined);
  });

  test("names an interceptor that was used up", async (t) => {
    const fetchMock = createFetchMock();
    fetchMock.disableNetConnect();
    fetchMock.get(ORIGIN).intercept({ path: "/a" }).reply(200);
    const script = `export default { async fetch() { await fetch("${ORIGIN}/a"); return fetch("${ORIGIN}/a"); } };`;
    const { cause } = await rejection(create(t, { script, fetchMock }).dispatchFetch("http://localhost/"));
    assert.equal(
      cause.stack.split("\n").at(-1),
      "  GET https://example.com/a: it was used up after 1 request; persist() or times(n) makes it last",
    );
  });

  for (const [name, options, init, expected] of [
    ["the method", { path: "/a", method: "POST" }, {}, "POST https://example.com/a: the method is 'GET'"],
    [
      "the body",
      { path: "/a", method: "POST", body: "x" },
      { method: "POST", body: "y" },
      "POST https://example.com/a: the body is 'y', expected 'x'",
    ],
    [
      "the JSON of the body",
      { path: "/a", method: "POST", body: { a: 1 } },
      { method: "POST", body: '{"a":2}' },
      `POST https://example.com/a: the body is '{"a":2}', expected {"a":1}`,
    ],
    [
      "headers",
      { path: "/a", headers: { "X-Key": "1", b: /^2/ } },
      { headers: { b: "3" } },
      `GET https://example.com/a: the header "X-Key" is missing, expected '1'; the header "b" is '3', expected /^2/`,
    ],
    ["a pattern", { path: /^\/b$/ }, {}, "GET https://example.com /^\\/b$/: the path is '/a'"],
    [
      "a function",
      { path: "/a", headers: () => false },
      {},
      "GET https://example.com/a: a function that it matches with did not return true",
    ],
  ]) {
    test(`says that ${name} differed`, async (t) => {
      const lines = await help(t, (pool) => pool.intercept(options).reply(200), "/a", init);
      assert.deepEqual(lines, [`  ${expected}`]);
    });
  }

  test("names the three that came nearest, whichever origin they are of", async (t) => {
    const define = (pool, fetchMock) => {
      for (const path of ["/far/away", "/user/12", "/user/1/edit", "/user"]) pool.intercept({ path }).reply(200);
      fetchMock.get("https://other.com").intercept({ path: "/user/1" }).reply(200);
    };
    const lines = await help(t, define, "/user/1");
    assert.deepEqual(
      lines.map((line) => line.split(":")[1]),
      ["//example.com/user/12", "//example.com/user", "//example.com/user/1/edit"],
    );
    const [other] = await help(
      t,
      (_, mock) => mock.get("https://other.com").intercept({ path: "/a" }).reply(200),
      "/a",
    );
    assert.equal(other, "  GET https://other.com/a: the origin is https://example.com");
  });

  test("asks no function a second time", async (t) => {
    let count = 0;
    await help(t, (pool) => pool.intercept({ path: () => ++count < 0 }).reply(200), "/a");
    assert.equal(count, 1);
  });
});
