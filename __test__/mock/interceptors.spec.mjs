// Tags: oracle, every-node
// Which interceptor of a mock takes a request: by origin, path, method, body and headers, and in which order.

import assert from "node:assert/strict";
import { describe } from "node:test";
import { brief, mocked, ORIGIN, refusal } from "../support/fetch-mock.mjs";
import { differs } from "../support/miniflare.mjs";
import { test } from "../support/test.mjs";

describe("an origin", () => {
  test("is one scheme, host and port", async (t) => {
    const { fetchMock, fetches } = mocked(t);
    fetchMock.get("http://a.com:8080").intercept({ path: "/" }).reply(200, "port");
    assert.deepEqual(brief(await fetches("http://a.com/", "https://a.com:8080/", "http://a.com:8080/")), [
      refusal("path", "/", "http://a.com"),
      refusal("path", "/", "https://a.com:8080"),
      "port",
    ]);
  });

  test("may be a RegExp", async (t) => {
    const { fetchMock, fetches } = mocked(t);
    fetchMock
      .get(/^https:\/\/\w+\.a\.com$/)
      .intercept({ path: "/" })
      .reply(200, "any")
      .times(2);
    const answers = await fetches("https://x.a.com/", "https://y.a.com/", "https://a.com/");
    assert.deepEqual(brief(answers), ["any", "any", refusal("path", "/", "https://a.com")]);
  });

  test("may be a function, which is asked once for each origin", async (t) => {
    const { fetchMock, fetches } = mocked(t);
    const asked = [];
    const match = (origin) => {
      asked.push(origin);
      return origin.endsWith(".org");
    };
    fetchMock.get(match).intercept({ path: "/" }).reply(200, "org").persist();
    assert.deepEqual(brief(await fetches("https://a.org/", "https://a.org/")), ["org", "org"]);
    assert.deepEqual(asked, ["https://a.org"]);
  });

  test("that is given as a string later shares what its pattern has", async (t) => {
    const { fetchMock, fetches } = mocked(t);
    fetchMock
      .get(/a\.com/)
      .intercept({ path: "/pattern" })
      .reply(200, "of the pattern");
    fetchMock.get("https://a.com").intercept({ path: "/string" }).reply(200, "of the string");
    assert.deepEqual(brief(await fetches("https://a.com/pattern", "https://a.com/string")), [
      "of the pattern",
      "of the string",
    ]);
  });

  test("may be written with a slash, capitals and the default port", differs("never matches then"), async (t) => {
    const { fetchMock, fetches } = mocked(t);
    fetchMock.get("https://A.com:443/").intercept({ path: "/" }).reply(200, "a");
    fetchMock.get(new URL("https://b.com")).intercept({ path: "/" }).reply(200, "b");
    assert.deepEqual(brief(await fetches("https://a.com/", "https://b.com/")), ["a", "b"]);
  });

  test("may be given after it was fetched from", differs("a pattern never matches then"), async (t) => {
    const { fetchMock, fetches } = mocked(t);
    assert.deepEqual(brief(await fetches("https://a.com/")), [refusal("path", "/", "https://a.com")]);
    fetchMock
      .get(/a\.com/)
      .intercept({ path: "/" })
      .reply(200, "later");
    assert.deepEqual(brief(await fetches("https://a.com/")), ["later"]);
  });
});

describe("a path", () => {
  const matches = async (t, path, ...urls) => {
    const { pool, fetches } = mocked(t);
    pool.intercept({ path }).reply(200, "yes").persist();
    return (await fetches(...urls)).map(({ status }) => status === 200);
  };

  test("is compared whole", async (t) => {
    assert.deepEqual(await matches(t, "/a", "/a", "/a/", "/ab", "/A", "/a?b=1", "/a#b"), [
      true,
      false,
      false,
      false,
      false,
      true,
    ]);
  });

  test("has its query in any order", async (t) => {
    assert.deepEqual(await matches(t, "/a?x=1&y=2", "/a?x=1&y=2", "/a?y=2&x=1", "/a?x=1"), [true, true, false]);
  });

  test("is normalised as a URL's", async (t) => {
    assert.deepEqual(await matches(t, "/a b/../ü", "/%C3%BC"), [true]);
  });

  test("may be a RegExp, which sees the query in order", async (t) => {
    assert.deepEqual(await matches(t, /^\/a\?x=1&y=\d$/, "/a?y=2&x=1", "/a?x=1"), [true, false]);
  });

  test("may be a RegExp with a memory", async (t) => {
    assert.deepEqual(await matches(t, /a/g, "/a", "/a", "/a"), [true, false, true]);
  });

  test("may be a RegExp with look-behind, back-references and Unicode", async (t) => {
    assert.deepEqual(await matches(t, /^\/(?<id>\w)\k<id>(?<!b)$/u, "/aa", "/ab", "/bb"), [true, false, false]);
  });

  test("may be a function that returns true", async (t) => {
    assert.deepEqual(await matches(t, (path) => path.length > 2, "/a", "/ab"), [false, true]);
    assert.deepEqual(await matches(t, (path) => path, "/a"), [false]);
  });
});

describe("a query", () => {
  const path = async (t, query, url) => {
    const { pool, fetches } = mocked(t);
    pool.intercept({ path: "/a", query }).reply(200, "yes");
    const [{ status }] = await fetches(url);
    return status === 200;
  };

  test("is added to the path", async (t) => {
    assert.ok(await path(t, { x: 1, y: "a b", z: ["1", "2"] }, "/a?z=1&z=2&y=a%20b&x=1"));
    assert.ok(await path(t, {}, "/a"));
  });

  test("cannot be added to a path that has one", (t) => {
    const { pool } = mocked(t);
    assert.throws(() => pool.intercept({ path: "/a?b", query: { c: 1 } }), {
      message: 'Query params cannot be passed when url already contains "?" or "#".',
    });
  });
});

describe("a method", () => {
  test("is GET unless another is given", async (t) => {
    const { pool, fetches } = mocked(t);
    pool.intercept({ path: "/a" }).reply(200, "yes").persist();
    assert.deepEqual(brief(await fetches("/a", ["/a", { method: "POST" }])), ["yes", refusal("method", "POST")]);
  });

  test("is compared in capitals", async (t) => {
    const { pool, fetches } = mocked(t);
    pool.intercept({ path: "/a", method: "delete" }).reply(200, "gone");
    assert.deepEqual(brief(await fetches(["/a", { method: "delete" }])), ["gone"]);
  });

  test("may be a RegExp or a function", async (t) => {
    const { pool, fetches } = mocked(t);
    pool.intercept({ path: "/a", method: /^P/ }).reply(200, "pattern").persist();
    pool.intercept({ path: "/b", method: (method) => method !== "GET" }).reply(200, "function");
    const answers = await fetches(["/a", { method: "PUT" }], ["/b", { method: "OPTIONS" }], "/b");
    assert.deepEqual(brief(answers), ["pattern", "function", refusal("path", "/b")]);
  });
});

describe("a body", () => {
  const post = (body) => ["/a", { method: "POST", body }];

  test("is compared with its text", async (t) => {
    const { pool, fetches } = mocked(t);
    pool.intercept({ path: "/a", method: "POST", body: "data" }).reply(200, "yes").persist();
    assert.deepEqual(brief(await fetches(post("data"), post("other"))), ["yes", refusal("body", "other")]);
    const params = await fetches(["/a", { method: "POST", bodyOf: ["params", { a: "b" }] }]);
    assert.deepEqual(brief(params), [refusal("body", "a=b")]);
  });

  test("may be a RegExp or a function", async (t) => {
    const { pool, fetches } = mocked(t);
    pool.intercept({ path: "/a", method: "POST", body: /^d/ }).reply(200, "pattern").persist();
    pool.intercept({ path: "/a", method: "POST", body: (body) => body.endsWith("x") }).reply(200, "function");
    assert.deepEqual(brief(await fetches(post("data"), post("x"))), ["pattern", "function"]);
  });

  test("does not matter unless it is given", async (t) => {
    const { pool, fetches } = mocked(t);
    pool.intercept({ path: "/a", method: "POST" }).reply(200, "yes").persist();
    assert.deepEqual(brief(await fetches(post("data"), post(undefined))), ["yes", "yes"]);
  });

  test("of bytes, blobs, forms and streams has a text", differs("compares no bodies but strings"), async (t) => {
    const { pool, fetches } = mocked(t);
    pool.intercept({ path: "/a", method: "POST", body: "data" }).reply(200, "text").persist();
    pool.intercept({ path: "/a", method: "POST", body: /name="k"\r\n\r\nv\r\n/ }).reply(200, "form");
    const bodies = [
      ["bytes", [100, 97, 116, 97]],
      ["blob", "data"],
      ["stream", "data"],
      ["form", { k: "v" }],
    ];
    const answers = await fetches(...bodies.map((bodyOf) => ["/a", { method: "POST", bodyOf }]));
    assert.deepEqual(brief(answers), ["text", "text", "text", "form"]);
  });

  test("may be bytes, the value of its JSON, or null for none", differs("never matches then"), async (t) => {
    const { pool, fetches } = mocked(t);
    const body = [Buffer.from("bytes"), { a: [1] }, null];
    for (const one of body) pool.intercept({ path: "/a", method: "POST", body: one }).reply(200, typeof one);
    const answers = await fetches(post('{ "a": [1] }'), post("bytes"), post(null), post("{"));
    assert.deepEqual(brief(answers.slice(0, 3)), ["object", "object", "object"]);
    assert.equal(answers[3].cause.message, refusal("path", "/a"));
  });
});

describe("headers", () => {
  const get = (headers) => ["/a", { headers }];

  test("must be there with their values, whatever the case of their names", async (t) => {
    const { pool, fetches } = mocked(t);
    pool
      .intercept({ path: "/a", headers: { "X-Key": "1", other: /^o/, third: (value) => value === "3" } })
      .reply(200, "yes");
    const missing = await fetches(get({ "x-key": "1", Other: "o" }));
    const sent = JSON.stringify({ "x-key": "1", Other: "o", "MF-Loop": "1", "accept-encoding": "br, gzip, deflate" });
    assert.deepEqual(brief(missing), [refusal("headers", sent)]);
    assert.deepEqual(brief(await fetches(get({ "x-KEY": "1", Other: "o", third: "3" }))), ["yes"]);
  });

  test("may be judged by a function, names in lower case", async (t) => {
    const { pool, fetches } = mocked(t);
    let seen;
    const judge = (headers) => {
      seen = headers;
      return headers["x-key"] === "1";
    };
    pool.intercept({ path: "/a", headers: judge }).reply(200, "yes");
    assert.deepEqual(brief(await fetches(get({ "X-Key": "1" }))), ["yes"]);
    assert.deepEqual({ ...seen }, { "x-key": "1", "mf-loop": "1", "accept-encoding": "br, gzip, deflate" });
  });

  test("of the same name are one, joined", async (t) => {
    const { pool, fetches } = mocked(t);
    pool.intercept({ path: "/a", headers: { a: "1, 2", cookie: "b=1; c=2" } }).reply(200, "yes");
    const pairs = [
      ["a", "1"],
      ["A", "2"],
      ["cookie", "b=1"],
      ["cookie", "c=2"],
    ];
    assert.deepEqual(brief(await fetches(get(pairs))), ["yes"]);
  });

  test("may be a Headers object", differs("ignores them then"), async (t) => {
    const { pool, fetches } = mocked(t);
    pool.intercept({ path: "/a", headers: new Headers({ "X-Key": "1" }) }).reply(200, "yes");
    assert.deepEqual(brief(await fetches(get({ "x-key": "1" }))), ["yes"]);
  });
});

describe("of several interceptors", () => {
  test("the first that matches answers, and then the next", async (t) => {
    const { pool, fetches } = mocked(t);
    pool.intercept({ path: /./ }).reply(200, "pattern");
    pool.intercept({ path: "/a" }).reply(200, "first");
    pool.intercept({ path: (path) => path === "/a" }).reply(200, "function");
    pool.intercept({ path: "/a" }).reply(200, "last");
    const answers = await fetches("/a", "/a", "/a", "/a", "/a");
    assert.deepEqual(brief(answers), ["pattern", "first", "function", "last", refusal("path", "/a")]);
  });

  test("the error names what the furthest of them differed in", async (t) => {
    const { pool, fetches } = mocked(t);
    pool.intercept({ path: "/a", method: "PUT" }).reply(200);
    pool.intercept({ path: "/a", method: "POST", body: "x" }).reply(200);
    const answers = await fetches("/b", "/a", ["/a", { method: "POST", body: "y" }]);
    assert.deepEqual(brief(answers), [refusal("path", "/b"), refusal("method", "GET"), refusal("body", "y")]);
  });

  test("there may be 10,000", async (t) => {
    const { pool, fetches } = mocked(t);
    for (let index = 0; index < 10_000; index++) pool.intercept({ path: `/${index}` }).reply(200, `reply ${index}`);
    assert.deepEqual(brief(await fetches("/9999", "/0", "/5000")), ["reply 9999", "reply 0", "reply 5000"]);
  });
});

describe("matchers that are async", differs("takes a promise for a mismatch, or for a match of headers"), () => {
  test("are waited for", async (t) => {
    const { pool, fetches } = mocked(t);
    const later = (answer) => async () => answer;
    pool.intercept({ path: later(false) }).reply(200, "path");
    pool.intercept({ path: "/a", headers: later(false) }).reply(200, "headers");
    pool
      .intercept({ path: "/a", headers: { "mf-loop": later(true), "accept-encoding": later(false) } })
      .reply(200, "header");
    pool.intercept({ path: later(true), method: later(true), headers: later(true) }).reply(200, "yes");
    assert.deepEqual(brief(await fetches("/a", "/a")), [
      "yes",
      refusal("headers", JSON.stringify({ "MF-Loop": "1", "accept-encoding": "br, gzip, deflate" })),
    ]);
  });

  test("give an interceptor to one request only", async (t) => {
    const { pool, mf } = mocked(t);
    pool.intercept({ path: async () => true }).reply(200, "once");
    const body = JSON.stringify([[`${ORIGIN}/a`, {}]]);
    const both = [1, 2].map(() => mf.dispatchFetch("http://localhost/", { method: "POST", body }));
    const answers = await Promise.all(both.map(async (response) => (await (await response).json())[0]));
    assert.deepEqual(brief(answers), ["once", refusal("path", "/a")]);
  });

  test("that reject fail the fetch with their reason", async (t) => {
    const { pool, fetches } = mocked(t);
    pool.intercept({ path: () => Promise.reject(new RangeError("no")) }).reply(200);
    assert.deepEqual(await fetches("/a"), [
      { name: "TypeError", message: "fetch failed", cause: { name: "RangeError", message: "no" } },
    ]);
  });
});
