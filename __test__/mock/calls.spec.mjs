// Tags: every-node
// The history of an interceptor: the requests that it has answered, for assertions.

import assert from "node:assert/strict";
import { describe } from "node:test";
import { text } from "../support/dispatch.mjs";
import { mocked, ORIGIN } from "../support/fetch-mock.mjs";
import { create, createFetchMock } from "../support/miniflare.mjs";
import { test } from "../support/test.mjs";

describe("calls()", () => {
  test("is empty before a request", (t) => {
    assert.deepEqual(mocked(t).pool.intercept({ path: "/a" }).reply(200).calls(), []);
  });

  test("tells what was sent", async (t) => {
    const { pool, fetches } = mocked(t);
    const scope = pool.intercept({ path: /./, method: "POST" }).reply(200, "yes").persist();
    await fetches(["/a?b=1#c", { method: "POST", body: "data", headers: { "X-Key": "1" } }]);
    const [{ headers, ...call }] = scope.calls();
    assert.deepEqual(call, {
      url: `${ORIGIN}/a?b=1#c`,
      path: "/a?b=1",
      origin: ORIGIN,
      method: "POST",
      body: "data",
    });
    assert.equal(headers["X-Key"], "1");
    assert.equal(headers["content-length"], "4");
  });

  test("is in the order of the requests, errors among them", async (t) => {
    const { pool, fetches } = mocked(t);
    const fails = pool.intercept({ path: /fail/ }).replyWithError(new Error("oops")).times(2);
    const replies = pool.intercept({ path: /./ }).reply(200).persist();
    await fetches("/1", "/fail", "/2");
    assert.deepEqual(
      [replies, fails].map((scope) => scope.calls().map(({ path }) => path)),
      [["/1", "/2"], ["/fail"]],
    );
  });

  test("has the bytes of a body that was looked at, and none of one that was not", async (t) => {
    const { pool, fetches } = mocked(t);
    const looks = pool.intercept({ path: "/looks", method: "POST", body: /./ }).reply(200);
    const ignores = pool.intercept({ path: "/ignores", method: "POST" }).reply(200);
    const init = { method: "POST", bodyOf: ["stream", "text"] };
    await fetches(["/looks", init], ["/ignores", init]);
    assert.equal(Buffer.from(looks.calls()[0].body).toString(), "text");
    assert.equal(ignores.calls()[0].body, undefined);
  });

  test("keeps the last thousand", async (t) => {
    const { pool, fetches } = mocked(t, { usageModel: "unbound" });
    const scope = pool.intercept({ path: /./ }).reply(200).persist();
    const paths = Array.from({ length: 1001 }, (_, index) => `/${index}`);
    await fetches(...paths.slice(0, 600));
    await fetches(...paths.slice(600));
    const calls = scope.calls();
    assert.deepEqual([calls.length, calls[0].path, calls.at(-1).path], [1000, "/1", "/1000"]);
  });

  test("keeps fewer when their bodies are large, the last of all at least", async (t) => {
    const fetchMock = createFetchMock();
    const scope = fetchMock.get(ORIGIN).intercept({ path: /./, method: "POST" }).reply(200).persist();
    const script = `export default { async fetch({ url }) {
      const [, count, megabytes] = new URL(url).pathname.split("/").map(Number);
      for (let index = 0; index < count; index++) {
        await fetch("${ORIGIN}/" + index, { method: "POST", body: new Uint8Array(megabytes * 1024 * 1024) });
      }
      return new Response();
    } }`;
    const mf = create(t, { script, fetchMock, heapLimitMb: 512 });
    const paths = async (count, megabytes) => {
      await text(mf, `http://localhost/${count}/${megabytes}`);
      return scope.calls().map(({ path }) => path);
    };
    assert.deepEqual(await paths(6, 16), ["/2", "/3", "/4", "/5"]);
    assert.deepEqual(await paths(1, 65), ["/0"]);
  });

  test("is a copy", async (t) => {
    const { pool, fetches } = mocked(t);
    const scope = pool.intercept({ path: "/a" }).reply(200);
    await fetches("/a");
    scope.calls()[0].headers.added = "1";
    scope.calls().pop();
    assert.equal(scope.calls()[0].headers.added, undefined);
  });
});
