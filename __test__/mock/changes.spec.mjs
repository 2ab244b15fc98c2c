// Tags: every-node
// A mock that is changed while requests are under way, and one that several instances share.

import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { describe } from "node:test";
import { deferred, rejection, text } from "../support/dispatch.mjs";
import { ORIGIN, refusal } from "../support/fetch-mock.mjs";
import { create, createFetchMock, Miniflare } from "../support/miniflare.mjs";
import { test } from "../support/test.mjs";

const script = `export default { fetch: ({ url }) => fetch("${ORIGIN}" + new URL(url).pathname) };`;

/** A mock, an instance with it, and a reply to "/late" that comes when the test says so. */
function setUp(t) {
  const fetchMock = createFetchMock();
  fetchMock.disableNetConnect();
  const [began, proceed] = [deferred(), deferred()];
  const callback = () => {
    began.resolve();
    return proceed.promise;
  };
  const scope = fetchMock.get(ORIGIN).intercept({ path: "/late" }).reply(200, callback);
  const mf = create(t, { script, fetchMock });
  const ask = (path, one = mf) =>
    text(one, `http://localhost${path}`).catch(({ code, cause }) => code ?? cause.code ?? cause.message);
  return { fetchMock, scope, mf, ask, began: began.promise, proceed: () => proceed.resolve("late") };
}

const NOT_MATCHED = "UND_MOCK_ERR_MOCK_NOT_MATCHED";

describe("a reply that is under way", () => {
  const changes = {
    "is deactivated": ({ fetchMock }) => fetchMock.deactivate(),
    "is closed": ({ fetchMock }) => fetchMock.close(),
    "forgets the origin": ({ fetchMock }) => fetchMock.get(ORIGIN).close(),
    "gets an interceptor for the same": ({ fetchMock }) =>
      fetchMock.get(ORIGIN).intercept({ path: "/late" }).reply(200, "another"),
    "is exchanged for another": ({ mf }) => mf.setOptions({ fetchMock: createFetchMock() }),
  };
  for (const [name, change] of Object.entries(changes)) {
    test(`ends as it began when its mock ${name}`, async (t) => {
      const parts = setUp(t);
      const late = parts.ask("/late");
      await parts.began;
      await change(parts);
      parts.proceed();
      assert.equal(await late, "late");
    });
  }

  test("has used its interceptor up, whatever is called on it later", async (t) => {
    const { scope, ask, began, proceed } = setUp(t);
    const late = ask("/late");
    await began;
    scope.persist();
    assert.equal(await ask("/late"), NOT_MATCHED);
    proceed();
    assert.equal(await late, "late");
  });

  test("does not hold up others", async (t) => {
    const { fetchMock, ask, began, proceed } = setUp(t);
    const late = ask("/late");
    await began;
    fetchMock.get(ORIGIN).intercept({ path: "/soon" }).reply(200, "soon");
    assert.equal(await ask("/soon"), "soon");
    proceed();
    assert.equal(await late, "late");
  });
});

describe("a mock of two instances", () => {
  test("gives an interceptor to one request of both", async (t) => {
    const { fetchMock, ask, began, proceed } = setUp(t);
    const other = create(t, { script, fetchMock });
    const late = ask("/late");
    await began;
    assert.equal(await ask("/late", other), NOT_MATCHED);
    proceed();
    assert.equal(await late, "late");
  });

  test("answers one when the other is gone, though both were waiting", async (t) => {
    const { fetchMock, scope, mf, ask, began, proceed } = setUp(t);
    scope.persist();
    const other = create(t, { script, fetchMock });
    const both = [ask("/late"), ask("/late", other)];
    await began;
    await mf.dispose();
    proceed();
    assert.deepEqual(await Promise.all(both), ["ERR_DISPOSED", "late"]);
    assert.equal(scope.calls().length, 2);
  });
});

test("a mock answers instances of another copy of the package", async (t) => {
  const fetchMock = createFetchMock();
  fetchMock.disableNetConnect();
  const pool = fetchMock.get(ORIGIN);
  pool.intercept({ path: /^\/a$/ }).reply(200, "by pattern");
  pool.intercept({ path: (path) => path === "/a" }).reply(200, "by function");
  pool.intercept({ path: "/a" }).reply(200, "by path");
  const require = createRequire(import.meta.url);
  for (const key of Object.keys(require.cache)) if (!key.endsWith(".node")) delete require.cache[key];
  const another = require("../../index.js");
  assert.notEqual(another.Miniflare, Miniflare);
  const mf = new another.Miniflare({ modules: true, script, fetchMock });
  t.after(() => mf.dispose());
  const answers = [];
  while (answers.length < 3) answers.push(await text(mf, "http://localhost/a"));
  assert.deepEqual(answers, ["by pattern", "by function", "by path"]);
});

describe("a mock of what the worker asks others for", () => {
  const mocked = () => {
    const fetchMock = createFetchMock();
    fetchMock.disableNetConnect();
    fetchMock.get(ORIGIN).intercept({ path: "/a" }).reply(200, "mocked").persist();
    return fetchMock;
  };

  test("answers a request that a service does not", async (t) => {
    const mf = create(t, {
      fetchMock: mocked(),
      script: `export default { fetch: (request, { SERVICE }) => SERVICE.fetch("${ORIGIN}" + new URL(request.url).pathname) };`,
      serviceBindings: { SERVICE: "service" },
      mounts: { service: { modules: true, script: "export default { fetch() {} };" } },
    });
    assert.equal(await text(mf, "http://localhost/a"), "mocked");
    assert.equal((await rejection(mf.dispatchFetch("http://localhost/b"))).cause.message, refusal("path", "/b"));
  });

  test("answers a Durable Object of a mount, and what a cache has not", async (t) => {
    const mf = create(t, {
      fetchMock: mocked(),
      script: `export default { async fetch(request, { OBJECT }) {
        const held = await caches.default.match("${ORIGIN}/a");
        const fetched = held ?? (await fetch("${ORIGIN}/a"));
        const ofObject = await OBJECT.get(OBJECT.idFromName("a")).fetch(request);
        return new Response([held, await fetched.text(), await ofObject.text()]);
      } };`,
      durableObjects: { OBJECT: { className: "Thing", scriptName: "other" } },
      mounts: {
        other: {
          modules: true,
          script: `export class Thing { fetch() { return fetch("${ORIGIN}/a"); } } export default {};`,
        },
      },
    });
    assert.equal(await text(mf), ",mocked,mocked");
  });
});
