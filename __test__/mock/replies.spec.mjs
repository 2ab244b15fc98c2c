// Tags: oracle, every-node
// What a mock replies with: status, headers and content, errors, and how often and when.

import assert from "node:assert/strict";
import { describe } from "node:test";
import zlib from "node:zlib";
import { text } from "../support/dispatch.mjs";
import { brief, mocked, ORIGIN, refusal } from "../support/fetch-mock.mjs";
import { create, createFetchMock, differs } from "../support/miniflare.mjs";
import { test } from "../support/test.mjs";

/** What a worker sees of one reply: `reply(interceptor)` defines it. */
async function replied(t, reply, init = {}) {
  const { pool, fetches } = mocked(t);
  reply(pool.intercept({ path: "/a", method: /./ }));
  const [outcome] = await fetches(["/a", init]);
  return outcome;
}

describe("a reply", () => {
  test("has a status, and its text", async (t) => {
    const { status, statusText } = await replied(t, (on) => on.reply(418, "tea"));
    assert.deepEqual([status, statusText], [418, "I'm a Teapot"]);
  });

  test("with a status without a standard text", async (t) => {
    const { status, statusText } = await replied(t, (on) => on.reply(299, ""));
    assert.deepEqual([status, statusText], [299, "unknown"]);
  });

  test("without content is empty", async (t) => {
    assert.equal((await replied(t, (on) => on.reply(200))).text, "");
  });

  for (const [name, data, text] of [
    ["text", "größe", "größe"],
    ["bytes", Buffer.from("bytes"), "bytes"],
    ["an object, as JSON", { a: [1, null] }, '{"a":[1,null]}'],
    ["a number", 5, "5"],
    ["null", null, "null"],
    ["a boolean", false, "false"],
  ]) {
    test(`may hold ${name}`, async (t) => {
      assert.equal((await replied(t, (on) => on.reply(200, data))).text, text);
    });
  }

  test("may hold a Uint8Array or an ArrayBuffer", differs("sends them as JSON"), async (t) => {
    const bytes = new Uint8Array([104, 105]);
    assert.equal((await replied(t, (on) => on.reply(200, bytes))).text, "hi");
    assert.equal((await replied(t, (on) => on.reply(200, bytes.buffer))).text, "hi");
  });

  test("holds an object as it is when the request comes", async (t) => {
    const data = { count: 1 };
    const answer = replied(t, (on) => on.reply(200, data));
    data.count = 2;
    assert.equal((await answer).text, '{"count":2}');
  });

  for (const status of [204, 205, 304]) {
    test(`with status ${status} has no body`, async (t) => {
      assert.equal((await replied(t, (on) => on.reply(status, "body"))).text, "");
    });
  }

  test("to HEAD has headers only", async (t) => {
    const headers = { "content-length": "4" };
    const outcome = await replied(t, (on) => on.reply(200, "body", { headers }), { method: "HEAD" });
    assert.deepEqual([outcome.headers, outcome.text], [[["content-length", "4"]], ""]);
  });

  test("is decompressed as its headers say", async (t) => {
    const encoded = async (content, encoding) => {
      const headers = { "Content-Encoding": encoding };
      return (await replied(t, (on) => on.reply(200, content, { headers }))).text;
    };
    assert.equal(await encoded(zlib.gzipSync("zipped"), "gzip"), "zipped");
    assert.equal(await encoded(zlib.deflateSync("deflated"), "DEFLATE"), "deflated");
    assert.equal(await encoded(zlib.brotliCompressSync("brotli"), "br"), "brotli");
    assert.equal(await encoded("plain", "unknown"), "plain");
  });

  test("that cannot be decompressed fails when it is read", async (t) => {
    const headers = { "content-encoding": "gzip" };
    const outcome = await replied(t, (on) => on.reply(200, "plain", { headers }));
    assert.deepEqual(outcome, {
      name: "TypeError",
      message: "terminated",
      cause: { name: "Error", message: "incorrect header check", code: "Z_DATA_ERROR" },
    });
  });
});

describe("headers of a reply", () => {
  test("are those given, their values as text", async (t) => {
    const headers = { "X-Text": "a", "x-number": 5, "x-list": ["1", "2"] };
    const outcome = await replied(t, (on) => on.reply(200, "", { headers }));
    assert.deepEqual(outcome.headers, [
      ["x-list", "1,2"],
      ["x-number", "5"],
      ["x-text", "a"],
    ]);
  });

  test("beyond Latin-1 arrive as their bytes in UTF-8", async (t) => {
    const outcome = await replied(t, (on) => on.reply(200, "", { headers: { a: "é" } }));
    assert.deepEqual(outcome.headers, [["a", "Ã©"]]);
  });

  test("come on top of the defaults", async (t) => {
    const outcome = await replied(t, (on) =>
      on.defaultReplyHeaders({ a: "1", b: "2" }).reply(200, "", { headers: { b: "3" } }),
    );
    assert.deepEqual(outcome.headers, [
      ["a", "1"],
      ["b", "3"],
    ]);
  });

  test("tell the length when they are asked to", async (t) => {
    const lengthOf = async (reply) => (await replied(t, (on) => reply(on.replyContentLength()))).headers;
    assert.deepEqual(await lengthOf((on) => on.reply(200, "four")), [["content-length", "4"]]);
    assert.deepEqual(await lengthOf((on) => on.reply(200, { a: 1 })), [["content-length", "7"]]);
    assert.deepEqual(await lengthOf((on) => on.reply(200, "x", { headers: { "content-length": "9" } })), [
      ["content-length", "9"],
    ]);
  });

  test("tell the length in bytes, and of what callbacks return", differs("counts other things"), async (t) => {
    const lengthOf = async (data) => (await replied(t, (on) => on.replyContentLength().reply(200, data))).headers;
    assert.deepEqual(await lengthOf("größe"), [["content-length", "7"]]);
    assert.deepEqual(await lengthOf(() => "abc"), [["content-length", "3"]]);
  });

  test("may be several cookies", differs("joins them into one"), async (t) => {
    const headers = { "set-cookie": ["a=1", "b=2"] };
    const outcome = await replied(t, (on) => on.reply(200, "", { headers }));
    assert.deepEqual(outcome.headers, [
      ["set-cookie", "a=1"],
      ["set-cookie", "b=2"],
    ]);
  });

  test("may be a Headers object", differs("ignores it"), async (t) => {
    const headers = new Headers({ "X-A": "1" });
    assert.deepEqual((await replied(t, (on) => on.reply(200, "", { headers }))).headers, [["x-a", "1"]]);
    assert.deepEqual((await replied(t, (on) => on.defaultReplyHeaders(headers).reply(200))).headers, [["x-a", "1"]]);
  });
});

describe("a callback for the content", () => {
  test("gets the request", async (t) => {
    let seen;
    const callback = (request) => {
      seen = request;
      return "called";
    };
    const init = { method: "POST", body: "data", headers: { "X-Key": "1" } };
    assert.equal((await replied(t, (on) => on.reply(200, callback), init)).text, "called");
    assert.deepEqual(
      { ...seen, headers: { ...seen.headers } },
      {
        path: "/a",
        origin: ORIGIN,
        method: "POST",
        body: "data",
        headers: {
          "X-Key": "1",
          "content-type": "text/plain;charset=UTF-8",
          "MF-Loop": "1",
          "content-length": "4",
          "accept-encoding": "br, gzip, deflate",
        },
        maxRedirections: 0,
        upgrade: undefined,
      },
    );
  });

  for (const [name, init, expected] of [
    ["null for none", {}, null],
    ["a string of parameters", { method: "POST", bodyOf: ["params", { a: "b" }] }, "a=b"],
    ["bytes", { method: "POST", bodyOf: ["bytes", [1, 2]] }, new Uint8Array([1, 2])],
  ]) {
    test(`gets a body: ${name}`, async (t) => {
      let seen;
      await replied(t, (on) => on.reply(200, ({ body }) => void (seen = body) ?? ""), init);
      assert.deepEqual(seen, expected);
    });
  }

  test("gets a body: a stream, a blob, a form", async (t) => {
    const read = async (bodyOf, read) => {
      const callback = ({ body }) => read(body);
      return (await replied(t, (on) => on.reply(200, callback), { method: "POST", bodyOf })).text;
    };
    assert.equal(await read(["stream", "streamed"], (body) => new Response(body).text()), "streamed");
    assert.equal(
      await read(["blob", "of a blob"], async (body) => `${body.type} ${await body.text()}`),
      "text/x-blob of a blob",
    );
    assert.equal(await read(["form", { k: "v" }], (body) => body.get("k")), "v");
  });

  test("has the length that a body without content has", async (t) => {
    const seen = ({ headers }) => headers["content-length"] ?? "none";
    assert.equal((await replied(t, (on) => on.reply(200, seen), { method: "POST" })).text, "0");
    assert.equal((await replied(t, (on) => on.reply(200, seen))).text, "none");
  });

  test("may be async, and return what a reply may hold", async (t) => {
    assert.equal((await replied(t, (on) => on.reply(200, async () => ({ a: 1 })))).text, '{"a":1}');
    assert.equal((await replied(t, (on) => on.reply(200, () => Buffer.from("bytes")))).text, "bytes");
  });

  test("is called for every request", async (t) => {
    const { pool, fetches } = mocked(t);
    let count = 0;
    pool
      .intercept({ path: "/a" })
      .reply(200, () => `call ${++count}`)
      .persist();
    assert.deepEqual(brief(await fetches("/a", "/a")), ["call 1", "call 2"]);
  });

  test("that throws fails the fetch, and uses its interceptor up", async (t) => {
    const { pool, fetches } = mocked(t);
    const callback = () => {
      throw new RangeError("thrown");
    };
    pool.intercept({ path: "/a" }).reply(200, callback);
    const [failed, gone] = await fetches("/a", "/a");
    assert.deepEqual(failed, {
      name: "TypeError",
      message: "fetch failed",
      cause: { name: "RangeError", message: "thrown" },
    });
    assert.equal(gone.cause.message, refusal("path", "/a"));
  });

  test("that rejects fails the fetch", differs("hangs, and its rejection is unhandled"), async (t) => {
    const outcome = await replied(t, (on) => on.reply(200, () => Promise.reject(new RangeError("rejected"))));
    assert.deepEqual(outcome.cause, { name: "RangeError", message: "rejected" });
  });
});

describe("a callback for all of the reply", () => {
  test("gets the request and returns status, content and headers", async (t) => {
    const callback = ({ path, method }) => ({
      statusCode: 202,
      data: { path, method },
      responseOptions: { headers: { a: "1" } },
    });
    const outcome = await replied(t, (on) => on.reply(callback));
    assert.deepEqual([outcome.status, outcome.statusText], [202, "Accepted"]);
    assert.deepEqual([outcome.headers, outcome.text], [[["a", "1"]], '{"path":"/a","method":"GET"}']);
  });

  test("may return a callback for the content", async (t) => {
    const outcome = await replied(t, (on) => on.reply(() => ({ statusCode: 200, data: ({ path }) => path })));
    assert.equal(outcome.text, "/a");
  });

  test("comes on top of the defaults", async (t) => {
    const outcome = await replied(t, (on) => on.defaultReplyHeaders({ a: "1" }).reply(() => ({ statusCode: 200 })));
    assert.deepEqual(outcome.headers, [["a", "1"]]);
  });

  test("may be async", differs("refuses a promise"), async (t) => {
    const outcome = await replied(t, (on) => on.reply(async () => ({ statusCode: 201, data: "later" })));
    assert.deepEqual([outcome.status, outcome.text], [201, "later"]);
  });

  for (const [name, result, message] of [
    ["no object", 5, "reply options callback must return an object"],
    ["no status", {}, "statusCode must be defined"],
  ]) {
    test(`that returns ${name} fails the fetch`, async (t) => {
      const { cause } = await replied(t, (on) => on.reply(() => result));
      assert.deepEqual(cause, { name: "InvalidArgumentError", message, code: "UND_ERR_INVALID_ARG" });
    });
  }

  test("that throws leaves its interceptor unused", async (t) => {
    const { pool, fetches } = mocked(t);
    let count = 0;
    const callback = () => {
      if (++count === 1) throw new Error("thrown");
      return { statusCode: 200, data: "second" };
    };
    pool.intercept({ path: "/a" }).reply(callback);
    assert.deepEqual(brief(await fetches("/a", "/a")), ["thrown", "second"]);
  });
});

describe("an error for a reply", () => {
  test("is the cause of the fetch's failure", async (t) => {
    const error = Object.assign(new RangeError("oops"), { code: "OOPS" });
    assert.deepEqual(await replied(t, (on) => on.replyWithError(error)), {
      name: "TypeError",
      message: "fetch failed",
      cause: { name: "RangeError", message: "oops", code: "OOPS" },
    });
  });

  test("that is not an error becomes one", async (t) => {
    const { cause } = await replied(t, (on) => on.replyWithError("oops"));
    assert.deepEqual(cause, { name: "Error", message: "oops" });
  });

  test("comes once, or as often as its options say", async (t) => {
    const { pool, fetches } = mocked(t);
    pool.intercept({ path: "/a" }).replyWithError(new Error("oops")).times(2);
    assert.deepEqual(brief(await fetches("/a", "/a", "/a")), ["oops", "oops", refusal("path", "/a")]);
  });
});

describe("a reply comes", () => {
  test("once", async (t) => {
    const { pool, fetches } = mocked(t);
    pool.intercept({ path: "/a" }).reply(200, "once");
    assert.deepEqual(brief(await fetches("/a", "/a")), ["once", refusal("path", "/a")]);
  });

  test("as often as times() says", async (t) => {
    const { pool, fetches } = mocked(t);
    pool.intercept({ path: "/a" }).reply(200, "yes").times(3);
    assert.deepEqual(brief(await fetches("/a", "/a", "/a", "/a")), ["yes", "yes", "yes", refusal("path", "/a")]);
  });

  test("always after persist()", async (t) => {
    const { pool, fetches } = mocked(t);
    pool.intercept({ path: "/a" }).reply(200, "yes").persist();
    assert.deepEqual(brief(await fetches(...Array(5).fill("/a"))), Array(5).fill("yes"));
  });

  test("after a delay", async (t) => {
    const { pool, fetches } = mocked(t);
    let called = 0;
    const callback = () => {
      called = performance.now();
      return "late";
    };
    pool.intercept({ path: "/a" }).reply(200, callback).delay(50);
    const started = performance.now();
    assert.deepEqual(brief(await fetches("/a")), ["late"]);
    // Timers may fire up to a millisecond before their time.
    assert.ok(called - started >= 49, `${called - started} ms`);
  });

  test("not to a fetch that was aborted meanwhile, which has used it up", async (t) => {
    const script = `export default { async fetch() {
      const controller = new AbortController();
      const aborted = fetch("https://example.com/a", { signal: controller.signal }).catch((error) => error.name);
      await scheduler.wait(10);
      controller.abort();
      return new Response(await aborted);
    } }`;
    const fetchMock = createFetchMock();
    fetchMock.get(ORIGIN).intercept({ path: "/a" }).reply(200, "late").delay(500);
    const mf = create(t, { modules: true, script, fetchMock });
    assert.equal(await text(mf), "AbortError");
    assert.deepEqual(fetchMock.pendingInterceptors(), []);
  });
});
