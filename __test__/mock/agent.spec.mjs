// Tags: oracle, every-node
// The mock as a whole: what may use the network, which interceptors wait, and when it answers at all.

import assert from "node:assert/strict";
import { describe } from "node:test";
import { stripVTControlCharacters } from "node:util";
import { brief, mocked, ORIGIN, refusal } from "../support/fetch-mock.mjs";
import { createFetchMock, differs } from "../support/miniflare.mjs";
import { serve } from "../support/server.mjs";
import { test } from "../support/test.mjs";

const hello = (t) => serve(t, (_request, response) => response.end("from the network"));
const NOT_ENABLED = "net.connect is not enabled for this origin";

describe("the network", () => {
  test("gets what no interceptor takes, unless it is disabled", async (t) => {
    const { fetchMock, fetches } = mocked(t);
    const url = `${await hello(t)}/a`;
    const { origin } = new URL(url);
    fetchMock.enableNetConnect();
    fetchMock.get(origin).intercept({ path: "/a" }).reply(200, "mocked");
    assert.deepEqual(brief(await fetches(url, url)), ["mocked", "from the network"]);
    fetchMock.disableNetConnect();
    assert.deepEqual(brief(await fetches(url)), [refusal("path", "/a", origin)]);
  });

  for (const [name, matcher] of [
    ["a host", (host) => host],
    ["a RegExp", () => /^127\./],
    ["a function", (host) => (given) => given === host],
  ]) {
    test(`may be enabled for ${name}`, async (t) => {
      const { fetchMock, fetches } = mocked(t);
      const url = `${await hello(t)}/`;
      fetchMock.enableNetConnect(matcher(new URL(url).host));
      assert.deepEqual(brief(await fetches(url, "/a")), [
        "from the network",
        refusal("path", "/a", ORIGIN, NOT_ENABLED),
      ]);
    });
  }

  test("may be enabled for several hosts", async (t) => {
    const { fetchMock, fetches } = mocked(t);
    const urls = [`${await hello(t)}/`, `${await hello(t)}/`];
    for (const url of urls) fetchMock.enableNetConnect(new URL(url).host);
    assert.deepEqual(brief(await fetches(...urls)), ["from the network", "from the network"]);
  });

  test("cannot be enabled for anything else", () => {
    assert.throws(() => createFetchMock().enableNetConnect(5), {
      name: "InvalidArgumentError",
      message: "Unsupported matcher. Must be one of String|Function|RegExp.",
      code: "UND_ERR_INVALID_ARG",
    });
  });

  test("gets the body that the mock has looked at", async (t) => {
    const { fetchMock, fetches } = mocked(t);
    const origin = await serve(t, (request, response) => request.pipe(response));
    fetchMock.enableNetConnect();
    fetchMock.get(origin).intercept({ path: "/", method: "POST", body: "other" }).reply(200, "mocked");
    const bodies = [
      ["bytes", [111, 107]],
      ["blob", "a blob"],
      ["stream", "a stream"],
    ];
    const posts = bodies.map((bodyOf) => [`${origin}/`, { method: "POST", bodyOf }]);
    assert.deepEqual(brief(await fetches(...posts)), ["ok", "a blob", "a stream"]);
  });

  test("gets everything while the mock is not active", async (t) => {
    const { fetchMock, fetches } = mocked(t);
    const url = `${await hello(t)}/`;
    fetchMock.get(new URL(url).origin).intercept({ path: "/" }).reply(200, "mocked");
    assert.equal(fetchMock.isMockActive, true);
    fetchMock.deactivate();
    assert.equal(fetchMock.isMockActive, false);
    assert.deepEqual(brief(await fetches(url)), ["from the network"]);
    fetchMock.activate();
    assert.deepEqual(brief(await fetches(url)), ["mocked"]);
  });
});

describe("pending interceptors", () => {
  test("are those that wait for a request", async (t) => {
    const { fetchMock, pool, fetches } = mocked(t);
    pool.intercept({ path: "/a" }).reply(200);
    pool.intercept({ path: "/b" }).reply(200).times(2);
    pool.intercept({ path: "/c" }).reply(200).persist();
    pool.intercept({ path: "/d" }).replyWithError(new Error("oops"));
    pool.intercept({ path: "/never completed" });
    const paths = () => fetchMock.pendingInterceptors().map(({ path }) => path);
    assert.deepEqual(paths(), ["/a", "/b", "/c", "/d"]);
    await fetches("/a", "/b", "/c");
    assert.deepEqual(paths(), ["/b", "/d"]);
    await fetches("/b", "/d");
    assert.deepEqual(paths(), []);
    fetchMock.assertNoPendingInterceptors();
  });

  test("are shown with all that they are", (t) => {
    const { fetchMock, pool } = mocked(t);
    pool.intercept({ path: "/a?b=1", method: "post", body: "x", headers: { h: "1" } }).reply(201, "data");
    assert.deepEqual(fetchMock.pendingInterceptors(), [
      {
        timesInvoked: 0,
        times: 1,
        persist: false,
        consumed: false,
        path: "/a?b=1",
        method: "POST",
        body: "x",
        headers: { h: "1" },
        query: undefined,
        pending: true,
        data: { error: null, statusCode: 201, data: "data", headers: {}, trailers: {} },
        origin: ORIGIN,
      },
    ]);
  });

  test("of a pattern are shown for each origin that it took, too", async (t) => {
    const { fetchMock, fetches } = mocked(t);
    fetchMock
      .get(/a\.com/)
      .intercept({ path: "/" })
      .reply(200)
      .times(2);
    const origins = () => fetchMock.pendingInterceptors().map(({ origin }) => String(origin));
    assert.deepEqual(origins(), ["/a\\.com/"]);
    await fetches("https://a.com/");
    assert.deepEqual(origins(), ["/a\\.com/", "https://a.com"]);
  });

  test("make the assertion fail with a table of them", (t) => {
    const { fetchMock, pool } = mocked(t);
    pool.intercept({ path: "/a" }).reply(200);
    const thrown = (act) => {
      try {
        act();
      } catch ({ name, code, message }) {
        return [name, code, stripVTControlCharacters(message)];
      }
    };
    const head = `
┌─────────┬────────┬───────────────────────┬──────┬─────────────┬────────────┬─────────────┬───────────┐
│ (index) │ Method │        Origin         │ Path │ Status code │ Persistent │ Invocations │ Remaining │
├─────────┼────────┼───────────────────────┼──────┼─────────────┼────────────┼─────────────┼───────────┤`;
    const [name, code, message] = thrown(() => fetchMock.assertNoPendingInterceptors());
    assert.deepEqual([name, code], ["UndiciError", "UND_ERR"]);
    const words = (text) => text.split(/[\s│┌┬┐├┼┤└┴┘─]+/).filter(Boolean);
    assert.deepEqual(words(message).slice(0, 13), [...words("1 interceptor is pending:"), ...words(head)]);
    const row = ["0", "'GET'", `'${ORIGIN}'`, "'/a'", "200", "'❌'", "0", "1"];
    assert.deepEqual(words(message).slice(-8), row);
    pool.intercept({ path: "/b" }).reply(200).persist();
    assert.match(
      thrown(() => fetchMock.assertNoPendingInterceptors())[2],
      /^2 interceptors are pending:\n\n┌─[\s\S]*'✅'[\s\S]*Infinity/,
    );
  });

  test("are passed to a formatter", (t) => {
    const { fetchMock, pool } = mocked(t);
    pool.intercept({ path: "/a" }).reply(200);
    const pendingInterceptorsFormatter = { format: (pending) => pending.map(({ path }) => path).join() };
    assert.throws(() => fetchMock.assertNoPendingInterceptors({ pendingInterceptorsFormatter }), {
      message: "1 interceptor is pending:\n\n/a",
    });
  });
});

describe("a mock that is closed", () => {
  test("fails what asks it", async (t) => {
    const { fetchMock, pool, fetches } = mocked(t);
    pool.intercept({ path: "/a" }).reply(200);
    await fetchMock.close();
    const [{ name, message, cause }] = await fetches("/a");
    assert.deepEqual([name, message], ["TypeError", "fetch failed"]);
    assert.deepEqual(cause, {
      name: "ClientDestroyedError",
      message: "The client is destroyed",
      code: "UND_ERR_DESTROYED",
    });
    assert.deepEqual(fetchMock.pendingInterceptors(), []);
  });

  test("of an origin forgets its interceptors", async (t) => {
    const { fetchMock, pool, fetches } = mocked(t);
    pool.intercept({ path: "/a" }).reply(200);
    await pool.close();
    assert.deepEqual(fetchMock.pendingInterceptors(), []);
    assert.deepEqual(brief(await fetches("/a")), [refusal("path", "/a")]);
    fetchMock.get(ORIGIN).intercept({ path: "/a" }).reply(200, "anew");
    assert.deepEqual(brief(await fetches("/a")), ["anew"]);
  });
});

describe("bad input", () => {
  const invalid = (message) => ({ name: "InvalidArgumentError", message, code: "UND_ERR_INVALID_ARG" });
  const pool = () => createFetchMock().get(ORIGIN);
  const on = () => pool().intercept({ path: "/a" });

  for (const [name, act, message] of [
    ["an interceptor without options", () => pool().intercept(), "opts must be an object"],
    ["an interceptor without a path", () => pool().intercept({}), "opts.path must be defined"],
    ["a reply without a status", () => on().reply(), "statusCode must be defined"],
    ["invalid options of a reply", () => on().reply(200, "", 5), "responseOptions must be an object"],
    ["no error", () => on().replyWithError(), "error must be defined"],
    ["no default headers", () => on().defaultReplyHeaders(), "headers must be defined"],
    ["no default trailers", () => on().defaultReplyTrailers(), "trailers must be defined"],
    ["a delay of 0", () => on().reply(200).delay(0), "waitInMs must be a valid integer > 0"],
    ["a delay of text", () => on().reply(200).delay("1"), "waitInMs must be a valid integer > 0"],
    ["half a time", () => on().reply(200).times(0.5), "repeatTimes must be a valid integer > 0"],
    ["an origin with a path", () => createFetchMock().get(`${ORIGIN}/path`), "invalid url"],
    [
      "an origin of another protocol",
      () => createFetchMock().get("ftp://example.com"),
      "Invalid URL protocol: the URL must start with `http:` or `https:`.",
    ],
  ]) {
    test(`is ${name}`, () => assert.throws(act, invalid(message)));
  }

  for (const [name, act, message] of [
    ["null for options", () => pool().intercept(null), "opts must be an object"],
    [
      "a method of another type",
      () => pool().intercept({ path: "/", method: null }),
      "opts.method must be a string, a RegExp or a function, got null",
    ],
    [
      "a body of another type",
      () => pool().intercept({ path: "/", body: 5 }),
      "opts.body must be a string, a RegExp or a function, got 5 (number)",
    ],
    [
      "headers of another type",
      () => pool().intercept({ path: "/", headers: "a" }),
      'opts.headers must be an object or a function, got "a" (string)',
    ],
    [
      "a header of another type",
      () => pool().intercept({ path: "/", headers: { a: 5 } }),
      'opts.headers["a"] must be a string, a RegExp or a function, got 5 (number)',
    ],
    [
      "an origin of another type",
      () => createFetchMock().get(5),
      "origin must be a string, a URL, a RegExp or a function, got 5 (number)",
    ],
    ["a status below 200", () => on().reply(199), "statusCode must be an integer from 200 to 999, got 199 (number)"],
    [
      "a status of four digits",
      () => on().reply(1000),
      "statusCode must be an integer from 200 to 999, got 1000 (number)",
    ],
    [
      "a status that is not a number",
      () => on().reply("ok"),
      'statusCode must be an integer from 200 to 999, got "ok" (string)',
    ],
    [
      "a name that no header has",
      () => on().reply(200, "", { headers: { "a b": "1" } }),
      'headers: invalid header name "a b" (string)',
    ],
    [
      "a header of two lines",
      () => on().reply(200, "", { headers: { a: "1\n2" } }),
      'headers: invalid value of header "a": "1\\n2" (string)',
    ],
    ["headers that are text", () => on().reply(200, "", { headers: "a" }), "headers must be an object"],
  ]) {
    test(`is ${name}`, differs("is taken, and never matches or fails later"), () =>
      assert.throws(act, invalid(message)),
    );
  }

  test("is data without a JSON form", differs("fails without a code, or later"), () => {
    const circular = {};
    circular.self = circular;
    assert.throws(() => on().reply(200, circular), /^InvalidArgumentError: data must have a JSON form, got <ref \*1>/);
    assert.throws(() => on().reply(200, { big: 1n }), /BigInt/);
    assert.throws(() => on().reply(200, { toJSON() {} }), /data must have a JSON form/);
  });

  test("is an option that is not a mock", differs("is not checked"), async (t) => {
    const { mf } = mocked(t);
    await assert.rejects(mf.setOptions({ fetchMock: {} }), {
      code: "ERR_INVALID_OPTION",
      message:
        'Invalid option "fetchMock": expected a mock, as createFetchMock() returns, or a dispatcher of undici, got {} (object)',
    });
  });
});
