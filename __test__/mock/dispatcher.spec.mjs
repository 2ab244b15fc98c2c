// Tags: every-node
// Dispatchers of undici in the place of a mock, and a mock in the place of a dispatcher.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import path from "node:path";
import { describe } from "node:test";
import zlib from "node:zlib";
import { deferred } from "../support/dispatch.mjs";
import { brief, fetchAll, fetching, ORIGIN, refusal } from "../support/fetch-mock.mjs";
import { folder } from "../support/files.mjs";
import { create, createFetchMock } from "../support/miniflare.mjs";
import { closedPort, serve } from "../support/server.mjs";
import { test } from "../support/test.mjs";
import { undicis } from "../support/undici.mjs";

const GLOBAL = Symbol.for("undici.globalDispatcher.1");
/** Node's own dispatcher: of undici 6, 7 or 8, as Node has it. */
function nodesDispatcher() {
  assert.ok(globalThis.Response);
  return globalThis[GLOBAL];
}

const echo = (t) => serve(t, (request, response) => request.pipe(response));

for (const [name, { MockAgent }] of undicis) {
  describe(`a MockAgent of ${name}`, () => {
    test("answers a worker's fetches", async (t) => {
      const fetchMock = new MockAgent();
      t.after(() => fetchMock.close());
      fetchMock.disableNetConnect();
      const pool = fetchMock.get(ORIGIN);
      pool
        .intercept({ path: "/a", method: "POST", body: "x" })
        .reply(201, ({ headers }) => headers, { headers: { a: "1" } });
      pool.intercept({ path: "/b" }).reply(200, "late").delay(5);
      pool.intercept({ path: "/c" }).replyWithError(new RangeError("oops"));
      const mf = fetching(t, fetchMock);
      const [posted, ...others] = await fetchAll(mf, [["/a", { method: "POST", body: "x" }], "/b", "/c", "/d"]);
      assert.deepEqual([posted.status, posted.statusText, posted.headers], [201, "Created", [["a", "1"]]]);
      assert.equal(JSON.parse(posted.text)["content-length"], "1");
      const [late, oops, refused] = brief(others);
      assert.deepEqual([late, oops], ["late", "oops"]);
      // Undici 7 goes on with a count.
      assert.ok(refused.startsWith(refusal("path", "/d")), refused);
    });

    test("replies with what its callbacks resolve to, lengths, trailers and nothing", async (t) => {
      const fetchMock = new MockAgent();
      t.after(() => fetchMock.close());
      const pool = fetchMock.get(ORIGIN);
      pool.intercept({ path: "/async" }).reply(200, async () => "later");
      pool.intercept({ path: "/throws" }).reply(200, () => {
        throw new RangeError("thrown");
      });
      pool.intercept({ path: "/length" }).replyContentLength().reply(200, "four");
      pool.intercept({ path: "/trailers" }).defaultReplyTrailers({ a: "1" }).reply(200, "trailed");
      pool.intercept({ path: "/204" }).reply(204, "");
      const outcomes = await fetchAll(fetching(t, fetchMock), ["/async", "/throws", "/length", "/trailers", "/204"]);
      assert.deepEqual(brief(outcomes), ["later", "thrown", "four", "trailed", ""]);
      assert.deepEqual(outcomes[2].headers, [["content-length", "4"]]);
    });
  });
}

describe("a mock that is composed with interceptors of undici", () => {
  for (const [name, { MockAgent, interceptors }] of undicis.slice(1)) {
    test(`retries as they do, and leaves redirects to the worker (${name})`, async (t) => {
      const fetchMock = new MockAgent();
      t.after(() => fetchMock.close());
      const pool = fetchMock.get(ORIGIN);
      pool.intercept({ path: "/busy" }).reply(503, "busy").times(2);
      pool.intercept({ path: "/busy" }).reply(302, "", { headers: { location: "/ready" } });
      pool.intercept({ path: "/ready" }).reply(200, "ready");
      const composed = fetchMock.compose(
        interceptors.retry({ minTimeout: 1, maxRetries: 3 }),
        interceptors.redirect({ maxRedirections: 1 }),
      );
      const [outcome] = await fetchAll(fetching(t, composed), ["/busy"]);
      assert.deepEqual([outcome.text, outcome.redirected], ["ready", true]);
    });
  }
});

const agents = undicis.map(([name, { Agent }]) => {
  const make = (t) => {
    const agent = new Agent();
    t.after(() => agent.destroy());
    return agent;
  };
  return [`an Agent of ${name}`, make];
});

for (const [name, make] of [...agents, ["Node's own dispatcher", nodesDispatcher]]) {
  describe(name, () => {
    const setUp = (t) => fetching(t, make(t));

    test("sends bodies of every kind", async (t) => {
      const url = `${await echo(t)}/`;
      const bodies = [
        ["bytes", [111, 107]],
        ["blob", "blob"],
        ["stream", "stream"],
        ["params", { a: "b" }],
      ];
      const posts = bodies.map((bodyOf) => [url, { method: "POST", bodyOf }]);
      assert.deepEqual(brief(await fetchAll(setUp(t), posts)), ["ok", "blob", "stream", "a=b"]);
    });

    test("streams long bodies both ways", async (t) => {
      const url = `${await echo(t)}/`;
      const body = "0123456789".repeat(200_000);
      const [{ text }] = await fetchAll(setUp(t), [[url, { method: "POST", bodyOf: ["stream", body] }]]);
      assert.equal(text.length, body.length);
      assert.ok(text === body);
    });

    test("has its responses decompressed, cookies apart", async (t) => {
      const origin = await serve(t, (_request, response) => {
        response.writeHead(200, { "content-encoding": "gzip", "set-cookie": ["a=1", "b=2"] });
        response.end(zlib.gzipSync("zipped"));
      });
      const [{ text, headers }] = await fetchAll(setUp(t), [`${origin}/`]);
      assert.equal(text, "zipped");
      assert.equal(headers.filter(([name]) => name === "set-cookie").length, 2);
    });

    test("fails the fetch with its reason", async (t) => {
      const port = await closedPort();
      const [{ message, cause }] = await fetchAll(setUp(t), [`http://127.0.0.1:${port}/`]);
      assert.deepEqual([message, cause.code], ["fetch failed", "ECONNREFUSED"]);
    });

    test("learns of aborts: before the answer, while a body is sent, while one is read", async (t) => {
      const closed = { "/silent": deferred(), "/upload": deferred(), "/half": deferred() };
      const arrived = { "/silent": deferred(), "/upload": deferred(), "/half": deferred() };
      const origin = await serve(t, (request, response) => {
        request.resume();
        response.on("close", closed[request.url].resolve);
        arrived[request.url].resolve();
        if (request.url === "/half") response.write("half");
      });
      const script = `
        const controllers = {};
        const outcomes = {};
        let cancelled;
        const bytes = () => new ReadableStream({
          pull: (stream) => (stream.enqueue(new Uint8Array(1000)), scheduler.wait(1)),
          cancel: (reason) => void (cancelled = reason),
        });
        export default { async fetch(request, env, ctx) {
          const { pathname } = new URL(request.url);
          if (request.method === "DELETE") controllers[pathname].abort("of " + pathname);
          if (request.method !== "POST") return new Response(await outcomes[pathname] + " " + cancelled);
          const { signal } = controllers[pathname] = new AbortController();
          const init = pathname === "/upload" ? { method: "POST", body: bytes() } : {};
          const text = fetch("${origin}" + pathname, { ...init, signal }).then((response) => response.text());
          ctx.waitUntil(outcomes[pathname] = text.catch((reason) => reason));
          return new Response();
        } }`;
      const mf = create(t, { script, fetchMock: make(t), compatibilityDate: "2023-05-18" });
      const ask = async (path, method) =>
        (await mf.dispatchFetch(new URL(path, "http://localhost"), { method })).text();
      for (const path of Object.keys(closed)) {
        await ask(path, "POST");
        await arrived[path].promise;
        assert.match(await ask(path, "DELETE"), new RegExp(`^of ${path} `));
        await closed[path].promise;
      }
      assert.equal(await ask("/upload", "GET"), "of /upload of /upload");
    });

    test("fails a body that breaks off", async (t) => {
      const origin = await serve(t, (_request, response) => {
        response.writeHead(200, { "content-length": "100" });
        response.write("some", () => response.destroy());
      });
      const [{ name, message }] = await fetchAll(setUp(t), [`${origin}/`]);
      assert.deepEqual([name, message], ["TypeError", "terminated"]);
    });
  });
}

describe("any dispatcher", () => {
  const fetchWith = (t, dispatch) => fetchAll(fetching(t, { dispatch }), ["/a"]);

  test("may call its handler by the new names", async (t) => {
    const controller = { pause() {}, resume() {}, abort() {} };
    const outcomes = await fetchWith(t, (options, handler) => {
      handler.onRequestStart(controller, {});
      handler.onResponseStart(controller, 200, { a: ["1", "2"], "set-cookie": ["c=1", "d=2"] }, "Fine");
      handler.onResponseData(controller, Buffer.from(options.path));
      handler.onResponseEnd(controller, {});
    });
    const [{ statusText, text, headers }] = outcomes;
    assert.deepEqual([statusText, text], ["Fine", "/a"]);
    assert.deepEqual(headers, [
      ["a", "1,2"],
      ["set-cookie", "c=1"],
      ["set-cookie", "d=2"],
    ]);
  });

  test("that throws, or ends with an error, fails the fetch", async (t) => {
    const thrown = () => {
      throw new RangeError("thrown");
    };
    assert.deepEqual(brief(await fetchWith(t, thrown)), ["thrown"]);
    const told = (_, handler) => handler.onResponseError({}, new RangeError("told"));
    assert.deepEqual(brief(await fetchWith(t, told)), ["told"]);
  });

  test("learns when the worker has gone", async (t) => {
    const told = deferred();
    const began = deferred();
    const dispatch = (_options, handler) => {
      handler.onConnect(told.resolve);
      began.resolve();
    };
    const script = `export default { fetch: () => fetch("${ORIGIN}/a") };`;
    const mf = create(t, { script, fetchMock: { dispatch } });
    const rejected = assert.rejects(mf.dispatchFetch("http://localhost/"), { code: "ERR_DISPOSED" });
    await began.promise;
    await mf.dispose();
    await rejected;
    assert.equal((await told.promise).message, "The worker was ended.");
  });
});

describe("a mock as a dispatcher", () => {
  /** The undici that sets Node's dispatcher where this Node looks for it. */
  const major = process.versions.undici.split(".")[0];
  const [, undici] = undicis.find(([name]) => name === `undici ${major}`);

  /** Makes a mock the dispatcher of Node's own fetch for the time of a test. */
  function install(t, fetchMock) {
    const before = undici.getGlobalDispatcher();
    undici.setGlobalDispatcher(fetchMock);
    t.after(() => undici.setGlobalDispatcher(before));
  }

  test("answers Node's own fetch", async (t) => {
    nodesDispatcher();
    const fetchMock = createFetchMock();
    fetchMock
      .get(ORIGIN)
      .intercept({ path: "/a", method: "POST", body: "x" })
      .reply(201, { a: 1 }, { headers: { b: "2" } });
    fetchMock.get(ORIGIN).intercept({ path: "/e" }).replyWithError(new RangeError("oops"));
    install(t, fetchMock);
    const response = await fetch(`${ORIGIN}/a`, { method: "POST", body: "x" });
    assert.deepEqual([response.status, response.headers.get("b"), await response.json()], [201, "2", { a: 1 }]);
    await assert.rejects(fetch(`${ORIGIN}/e`), (error) => error.cause.message === "oops");
  });

  test("leaves the rest to the network", async (t) => {
    nodesDispatcher();
    const url = `${await echo(t)}/`;
    install(t, createFetchMock());
    const response = await fetch(url, { method: "POST", body: "echoed" });
    assert.equal(await response.text(), "echoed");
  });

  test("answers from its recording, and adds nothing to it", async (t) => {
    nodesDispatcher();
    const origin = await serve(t, (request, response) => response.end(`from the server: ${request.url}`));
    const file = path.join(folder(t), "api.json");
    const recording = createFetchMock().record(file);
    assert.deepEqual(brief(await fetchAll(fetching(t, recording), [`${origin}/a`])), ["from the server: /a"]);
    const before = readFileSync(file, "utf8");
    install(t, createFetchMock().record(file));
    const read = async (path) => (await fetch(origin + path)).text();
    assert.deepEqual([await read("/a"), await read("/b")], ["from the server: /a", "from the server: /b"]);
    assert.equal(readFileSync(file, "utf8"), before);
  });

  test("refuses what may not use the network", async (t) => {
    const fetchMock = createFetchMock();
    fetchMock.disableNetConnect();
    install(t, fetchMock);
    await assert.rejects(fetch(`${ORIGIN}/a`), (error) => error.cause.message === refusal("path", "/a"));
  });

  test("leaves the rest to the network, whichever of several mocks is installed", async (t) => {
    nodesDispatcher();
    const url = `${await echo(t)}/`;
    const read = async (path) => (await fetch(url + path, { method: "POST", body: "echoed" })).text();
    const first = createFetchMock();
    first.get(new URL(url).origin).intercept({ path: "/first", method: "POST" }).reply(200, "first").persist();
    install(t, first);
    const second = createFetchMock();
    second.get(new URL(url).origin).intercept({ path: "/second", method: "POST" }).reply(200, "second").persist();
    install(t, second);
    assert.deepEqual([await read(""), await read("first"), await read("second")], ["echoed", "first", "second"]);
    undici.setGlobalDispatcher(first);
    assert.deepEqual([await read(""), await read("first"), await read("second")], ["echoed", "first", "echoed"]);
  });

  test("is asked once for each request", async (t) => {
    nodesDispatcher();
    const url = `${await echo(t)}/`;
    const asked = [];
    const fetchMock = createFetchMock();
    const takes = (path) => {
      asked.push(path);
      return false;
    };
    fetchMock.get(new URL(url).origin).intercept({ path: takes, method: "POST" }).reply(200, "from the mock");
    install(t, fetchMock);
    assert.equal(await (await fetch(`${url}a`, { method: "POST", body: "echoed" })).text(), "echoed");
    assert.deepEqual(asked, ["/a"]);
  });
});
