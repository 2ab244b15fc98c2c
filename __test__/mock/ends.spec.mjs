// Tags: every-node
// Replies that never come, or come late: they hold up neither the end of an instance nor the process.

import assert from "node:assert/strict";
import { describe } from "node:test";
import { runScript } from "../support/child.mjs";
import { deferred } from "../support/dispatch.mjs";
import { ORIGIN } from "../support/fetch-mock.mjs";
import { create, createFetchMock } from "../support/miniflare.mjs";
import { test } from "../support/test.mjs";

const script = `export default { async fetch() { return fetch("${ORIGIN}/a"); } };`;

describe("an instance that is disposed of", () => {
  for (const [name, reply] of [
    ["a callback that never settles", (on, begin) => on.reply(200, () => (begin(), new Promise(() => {})))],
    [
      "a callback for all of the reply that never settles",
      (on, begin) => on.reply(() => (begin(), new Promise(() => {}))),
    ],
    ["a long delay", (on, begin) => void setImmediate(begin) ?? on.reply(200, "late").delay(2 ** 30)],
  ]) {
    test(`rejects a request that waits for ${name}`, async (t) => {
      const fetchMock = createFetchMock();
      const began = deferred();
      reply(fetchMock.get(ORIGIN).intercept({ path: "/a" }), began.resolve);
      const mf = create(t, { script, fetchMock });
      const rejected = assert.rejects(mf.dispatchFetch("http://localhost/"), { code: "ERR_DISPOSED" });
      await began.promise;
      await mf.dispose();
      await rejected;
    });
  }

  test("leaves the mock to others", async (t) => {
    const fetchMock = createFetchMock();
    fetchMock.get(ORIGIN).intercept({ path: "/a" }).reply(200, "still there");
    await create(t, { script, fetchMock }).dispose();
    const response = await create(t, { script, fetchMock }).dispatchFetch("http://localhost/");
    assert.equal(await response.text(), "still there");
  });

  test("hears no more of a callback that settles late", async (t) => {
    const fetchMock = createFetchMock();
    const began = deferred();
    const late = deferred();
    const wait = () => {
      began.resolve();
      return late.promise;
    };
    fetchMock.get(ORIGIN).intercept({ path: "/a" }).reply(200, wait);
    const mf = create(t, { script, fetchMock });
    const rejected = assert.rejects(mf.dispatchFetch("http://localhost/"), { code: "ERR_DISPOSED" });
    await began.promise;
    await mf.dispose();
    late.resolve("too late");
    await rejected;
  });
});

test("a process whose instance was disposed of ends, whatever its mock still had to do", async () => {
  const { code, stdout, timedOut } = await runScript(`
    const { createFetchMock } = await import(door);
    const fetchMock = createFetchMock();
    fetchMock.get("${ORIGIN}").intercept({ path: "/a" }).reply(200).delay(2 ** 30);
    const mf = new Miniflare({ modules: true, script: ${JSON.stringify(script)}, fetchMock });
    const request = mf.dispatchFetch("http://localhost/").catch(({ code }) => console.log(code));
    await mf.getBindings();
    await mf.dispose();
    await request;
  `);
  assert.deepEqual([timedOut, code, stdout], [false, 0, "ERR_DISPOSED\n"]);
});

test("a callback may dispatch to the worker that fetches", async (t) => {
  const fetchMock = createFetchMock();
  const nested = `export default { async fetch({ url }) {
    if (url.endsWith("/inner")) return new Response("inner");
    return fetch("${ORIGIN}/a");
  } };`;
  const mf = create(t, { script: nested, fetchMock });
  const ask = async () => `the mock asked: ${await (await mf.dispatchFetch("http://localhost/inner")).text()}`;
  fetchMock.get(ORIGIN).intercept({ path: "/a" }).reply(200, ask);
  const response = await mf.dispatchFetch("http://localhost/");
  assert.equal(await response.text(), "the mock asked: inner");
});
