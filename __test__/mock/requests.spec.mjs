// Tags: oracle, every-node
// A mock as undici's dispatchers are used by a test itself: `request()`, `stream()` and `dispatch()`.

import assert from "node:assert/strict";
import { describe } from "node:test";
import { Writable } from "node:stream";
import { fetching, fetchAll, brief, ORIGIN, refusal } from "../support/fetch-mock.mjs";
import { createFetchMock, differs } from "../support/miniflare.mjs";
import { serve } from "../support/server.mjs";
import { test } from "../support/test.mjs";

function mocked(path = "/a", status = 201, content = { a: 1 }, headers = { "X-Key": "1" }) {
  const fetchMock = createFetchMock();
  fetchMock.disableNetConnect();
  fetchMock.get(ORIGIN).intercept({ path, method: "POST", body: "x" }).reply(status, content, { headers });
  return fetchMock;
}

const POST = { origin: ORIGIN, path: "/a", method: "POST", body: "x" };

describe("request()", () => {
  test("resolves with status, headers and a body that can be read", async () => {
    const { statusCode, headers, body, opaque } = await mocked().request({ ...POST, opaque: "mine" });
    assert.deepEqual([statusCode, headers["x-key"], opaque], [201, "1", "mine"]);
    assert.equal(body.bodyUsed, false);
    assert.deepEqual(await body.json(), { a: 1 });
    assert.equal(body.bodyUsed, true);
  });

  test("takes null for no headers and no body", async () => {
    const fetchMock = createFetchMock();
    fetchMock.get(ORIGIN).intercept({ path: "/none" }).reply(204);
    const { statusCode } = await fetchMock.request({
      origin: ORIGIN,
      path: "/none",
      method: "GET",
      headers: null,
      body: null,
    });
    assert.equal(statusCode, 204);
  });

  test("calls back", async () => {
    const fetchMock = mocked();
    const [error, response] = await new Promise((resolve) => {
      const answer = fetchMock.request(POST, (...args) => resolve(args));
      assert.equal(answer, undefined);
    });
    assert.deepEqual([error, response.statusCode, await response.body.text()], [null, 201, '{"a":1}']);
  });

  test("rejects with the reasons of undici", async () => {
    const fetchMock = mocked();
    const error = new RangeError("oops");
    fetchMock.get(ORIGIN).intercept({ path: "/error" }).replyWithError(error);
    await assert.rejects(fetchMock.request({ origin: ORIGIN, path: "/error", method: "GET" }), error);
    await assert.rejects(fetchMock.request({ origin: ORIGIN, path: "/other", method: "GET" }), {
      name: "MockNotMatchedError",
      message: refusal("path", "/other"),
    });
    const invalid = (message) => ({ name: "InvalidArgumentError", code: "UND_ERR_INVALID_ARG", message });
    await assert.rejects(fetchMock.request(undefined), invalid("invalid opts"));
    await assert.rejects(fetchMock.request({ ...POST, method: "CONNECT" }), invalid("invalid method"));
    await assert.rejects(
      fetchMock.request({ ...POST, signal: "now" }),
      invalid("signal must be an EventEmitter or EventTarget"),
    );
    await assert.rejects(fetchMock.request({ ...POST, highWaterMark: -1 }), invalid("invalid highWaterMark"));
    await assert.rejects(fetchMock.request({ ...POST, onInfo: 5 }), invalid("invalid onInfo callback"));
    await assert.rejects(fetchMock.request({ ...POST, signal: AbortSignal.abort() }), { name: "AbortError" });
  });

  test("rejects for statuses from 400 on, with the option for it", async () => {
    const fetchMock = mocked("/a", 404, "none");
    await assert.rejects(fetchMock.request({ ...POST, throwOnError: true }), {
      name: "ResponseStatusCodeError",
      statusCode: 404,
    });
  });

  test("goes to the network where the mock lets it", async (t) => {
    const origin = await serve(t, (request, response) => {
      response.writeHead(202, { "x-method": request.method });
      request.pipe(response);
    });
    const { statusCode, headers, body } = await createFetchMock().request({ ...POST, origin, path: "/b" });
    assert.deepEqual([statusCode, headers["x-method"], await body.text()], [202, "POST", "x"]);
  });
});

describe("stream()", () => {
  const sink = (chunks) =>
    new Writable({
      write(chunk, _encoding, done) {
        chunks.push(chunk);
        done();
      },
    });

  test("writes the body to what its factory makes", async () => {
    const chunks = [];
    const heads = [];
    const { opaque } = await mocked().stream({ ...POST, opaque: 5 }, ({ statusCode, headers }) => {
      heads.push(statusCode, headers["x-key"]);
      return sink(chunks);
    });
    assert.deepEqual([opaque, heads, Buffer.concat(chunks).toString()], [5, [201, "1"], '{"a":1}']);
  });

  test("calls back, and rejects with the reasons of undici", async () => {
    const fetchMock = mocked();
    const chunks = [];
    const [error] = await new Promise((resolve) =>
      fetchMock.stream(
        POST,
        () => sink(chunks),
        (...args) => resolve(args),
      ),
    );
    assert.deepEqual([error, Buffer.concat(chunks).toString()], [null, '{"a":1}']);
    await assert.rejects(fetchMock.stream(POST), { name: "InvalidArgumentError", message: "invalid factory" });
    await assert.rejects(
      fetchMock.stream({ origin: ORIGIN, path: "/other", method: "GET" }, () => sink([])),
      { message: refusal("path", "/other") },
    );
  });
});

describe("dispatch()", () => {
  /** What is called of a handler's methods. */
  function handler(rest) {
    const calls = [];
    const methods = {
      onHeaders: (status) => calls.push(["headers", status]) > 0,
      onData: (chunk) => calls.push(["data", String(chunk)]) > 0,
      onComplete: () => void calls.push(["complete"]),
      onError: ({ name, message }) => void calls.push(["error", name, message]),
      ...rest,
    };
    return { calls, ...methods };
  }
  const asked = (options, rest) => {
    const one = handler(rest);
    const answer = mocked().dispatch(options, one);
    return [answer, ...one.calls];
  };
  const refused = (message) => [false, ["error", "InvalidArgumentError", message]];

  test("calls the methods of its handler", () => {
    assert.deepEqual(asked(POST).slice(1), [["headers", 201], ["data", '{"a":1}'], ["complete"]]);
  });

  test("takes an origin as a URL", differs("no mock matches it"), () => {
    assert.deepEqual(asked({ ...POST, origin: new URL(ORIGIN) })[1], ["headers", 201]);
  });

  test("tells the handler what is wrong with the request", differs("it reads the origin first"), () => {
    assert.deepEqual(asked(null), refused("opts must be an object."));
    assert.deepEqual(asked("text"), refused("opts must be an object."));
  });

  test("tells the handler of an invalid origin or path", differs("it makes a pool for the origin first"), () => {
    assert.deepEqual(asked({ ...POST, origin: undefined }), refused("opts.origin must be a non-empty string or URL."));
    assert.deepEqual(asked({ ...POST, origin: "" }), refused("opts.origin must be a non-empty string or URL."));
    assert.deepEqual(asked({ ...POST, path: 5 }), refused("path must be a string"));
  });

  test("refuses handlers that cannot be called", () => {
    const invalid = (message) => ({ name: "InvalidArgumentError", code: "UND_ERR_INVALID_ARG", message });
    const fetchMock = mocked();
    for (const none of [undefined, null, "text", () => {}]) {
      assert.throws(() => fetchMock.dispatch(POST, none), invalid("handler must be an object"));
    }
  });

  test("refuses handlers without a method", differs("it fails where it calls them"), () => {
    const invalid = (message) => ({ name: "InvalidArgumentError", code: "UND_ERR_INVALID_ARG", message });
    assert.throws(() => asked(POST, { onError: undefined }), invalid("invalid onError method"));
    for (const name of ["onHeaders", "onData", "onComplete"]) {
      assert.deepEqual(asked(POST, { [name]: undefined }), refused(`invalid ${name} method`));
    }
    for (const name of ["onConnect", "onBodySent"]) {
      assert.deepEqual(asked(POST, { [name]: 5 }), refused(`invalid ${name} method`));
    }
    // None of them has been used up.
    const fetchMock = mocked();
    fetchMock.dispatch(POST, handler({ onData: undefined }));
    assert.equal(fetchMock.pendingInterceptors().length, 1);
  });
});

describe("a path of a type that cannot match", () => {
  for (const path of [5, null, {}, [], true, Symbol("path")]) {
    test(`is accepted, and never matches: ${String(path)}`, async (t) => {
      const fetchMock = createFetchMock();
      fetchMock.disableNetConnect();
      fetchMock.get(ORIGIN).intercept({ path }).reply(200, "never");
      fetchMock.get(ORIGIN).intercept({ path: "/5" }).reply(200, "matched");
      const outcomes = brief(await fetchAll(fetching(t, fetchMock), ["/5", "/null", "/"]));
      assert.deepEqual(outcomes, ["matched", refusal("path", "/null"), refusal("path", "/")]);
      assert.equal(fetchMock.pendingInterceptors().length, 1);
      assert.throws(() => fetchMock.assertNoPendingInterceptors(), { message: /^1 interceptor is pending:/ });
    });
  }
});
