// Tags: every-node
// Recordings: what real servers answer once, a file answers from then on.

import assert from "node:assert/strict";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { describe } from "node:test";
import zlib from "node:zlib";
import { rejection } from "../support/dispatch.mjs";
import { fetchAll, fetching, refusal } from "../support/fetch-mock.mjs";
import { folder } from "../support/files.mjs";
import { create, createFetchMock } from "../support/miniflare.mjs";
import { serve } from "../support/server.mjs";
import { test } from "../support/test.mjs";

async function setUp(t) {
  let count = 0;
  const origin = await serve(t, async (request, response) => {
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    response.setHeader("set-cookie", ["a=1", "b=2"]);
    if (request.url === "/bytes") return response.end(Buffer.from([0xff, 0]));
    if (request.url === "/from") return response.writeHead(302, { location: "/to" }).end();
    if (request.url === "/zipped") {
      response.setHeader("content-encoding", "gzip");
      return response.end(zlib.gzipSync("zipped"));
    }
    response.end(`${request.method} ${request.url} ${Buffer.concat(chunks)} ${++count}`);
  });
  const file = path.join(folder(t), "fixtures", "api.json");
  const record = (options) => {
    const fetchMock = createFetchMock().record(file, options);
    fetchMock.disableNetConnect();
    const mf = fetching(t, fetchMock);
    return {
      fetchMock,
      fetches: (...all) =>
        fetchAll(
          mf,
          all.map(([to, init]) => [origin + to, init]),
        ),
    };
  };
  return { origin, file, record, requests: () => count };
}

const texts = (outcomes) => outcomes.map(({ text, cause }) => text ?? cause.message);

describe("a recording", () => {
  test("asks the server once, and its file from then on", async (t) => {
    const { record, requests } = await setUp(t);
    const all = [["/a"], ["/b"], ["/a", { method: "POST", body: "x" }], ["/a", { method: "POST", body: "y" }]];
    const first = await record().fetches(...all);
    assert.deepEqual(texts(first), ["GET /a  1", "GET /b  2", "POST /a x 3", "POST /a y 4"]);
    const replayed = await record().fetches(...all);
    assert.deepEqual(texts(replayed), texts(first));
    assert.equal(requests(), 4);
  });

  test("replays the same request in the order of its answers, the last again and again", async (t) => {
    const { record } = await setUp(t);
    await record().fetches(["/a"], ["/a"]);
    assert.deepEqual(texts(await record().fetches(["/a"], ["/a"], ["/a"])), ["GET /a  1", "GET /a  2", "GET /a  2"]);
  });

  test("holds status, headers, cookies, bytes, streams, redirects and compressed content", async (t) => {
    const { record } = await setUp(t);
    const stream = { method: "POST", bodyOf: ["stream", "streamed"] };
    const all = [["/bytes"], ["/from"], ["/zipped"], ["/stream", stream]];
    const kept = (outcomes) =>
      outcomes.map(({ status, headers, text, redirected }) => [
        status,
        headers.filter(([name]) => name === "set-cookie"),
        text,
        redirected,
      ]);
    const first = kept(await record().fetches(...all));
    assert.deepEqual(first[0], [
      200,
      [
        ["set-cookie", "a=1"],
        ["set-cookie", "b=2"],
      ],
      "\ufffd\0",
      false,
    ]);
    assert.deepEqual([first[1][3], first[2][2], first[3][2]], [true, "zipped", "POST /stream streamed 2"]);
    assert.deepEqual(kept(await record({ mode: "none" }).fetches(...all)), first);
  });

  test("adds what its file has not", async (t) => {
    const { record, requests } = await setUp(t);
    await record().fetches(["/a"]);
    await record().fetches(["/a"], ["/b"]);
    assert.deepEqual(texts(await record({ mode: "none" }).fetches(["/b"], ["/a"])), ["GET /b  2", "GET /a  1"]);
    assert.equal(requests(), 2);
  });

  test("only replays in the mode none", async (t) => {
    const { record, origin, requests } = await setUp(t);
    assert.deepEqual(texts(await record({ mode: "none" }).fetches(["/a"])), [refusal("path", "/a", origin)]);
    assert.equal(requests(), 0);
  });

  test("says in the mode none what it has that comes near", async (t) => {
    const { record, origin } = await setUp(t);
    await record().fetches(["/a"], ["/a", { method: "POST", body: "x" }]);
    const { fetchMock } = record({ mode: "none" });
    const script = `export default { fetch: ({ url }) => {
      const { pathname } = new URL(url);
      const init = pathname === "/a" ? { method: "POST", body: "y" } : {};
      return fetch("${origin}" + pathname, init);
    } }`;
    const mf = create(t, { script, fetchMock });
    const nearest = async (path) => (await rejection(mf.dispatchFetch(`http://localhost${path}`))).cause.nearest[0];
    assert.deepEqual(await nearest("/a"), {
      interceptor: `POST ${origin}/a (recorded)`,
      differences: ["the body is 'y', expected 'x'"],
    });
    assert.deepEqual(await nearest("/ab"), {
      interceptor: `GET ${origin}/a (recorded)`,
      differences: ["the path is '/ab'"],
    });
  });

  test("keeps bodies of requests that are not text", async (t) => {
    const { record, requests } = await setUp(t);
    const post = (bytes) => ["/a", { method: "POST", bodyOf: ["bytes", bytes] }];
    const all = [post([0xff]), post([0xfe])];
    const first = texts(await record().fetches(...all));
    assert.deepEqual(texts(await record({ mode: "none" }).fetches(...all)), first);
    assert.equal(requests(), 2);
    const [{ cause }] = await record({ mode: "none" }).fetches(post([0xfd]));
    assert.equal(cause.code, "UND_MOCK_ERR_MOCK_NOT_MATCHED");
  });

  test("starts a new file in the mode all", async (t) => {
    const { record } = await setUp(t);
    await record().fetches(["/a"], ["/b"]);
    assert.deepEqual(texts(await record({ mode: "all" }).fetches(["/a"])), ["GET /a  3"]);
    assert.deepEqual(texts(await record().fetches(["/a"], ["/b"])), ["GET /a  3", "GET /b  4"]);
  });

  test("comes after the interceptors", async (t) => {
    const { record, origin, requests } = await setUp(t);
    const { fetchMock, fetches } = record();
    fetchMock.get(origin).intercept({ path: "/a" }).reply(200, "mocked");
    assert.deepEqual(texts(await fetches(["/a"], ["/a"])), ["mocked", "GET /a  1"]);
    assert.equal(requests(), 1);
  });

  test("writes down no headers of requests", async (t) => {
    const { record, file } = await setUp(t);
    await record().fetches(["/a", { headers: { authorization: "Bearer secret" } }]);
    assert.doesNotMatch(readFileSync(file, "utf8"), /secret/);
  });

  test("has no answer for a server that has none", async (t) => {
    const { record } = await setUp(t);
    const { fetchMock } = record();
    const [{ message }] = await fetchAll(fetching(t, fetchMock), ["http://127.0.0.1:1/"]);
    assert.equal(message, "fetch failed");
  });
});

describe("bad input of a recording", () => {
  test("is an invalid file", (t) => {
    const file = path.join(folder(t), "api.json");
    for (const text of ["{", '{ "version": 2 }', '{ "version": 1, "entries": [{}] }', "null"]) {
      writeFileSync(file, text);
      assert.throws(() => createFetchMock().record(file), {
        name: "UndiciError",
        message: /api\.json is no recording: .*Delete it to record again\.$/,
      });
    }
  });

  test("is an entry of another kind, which is named", (t) => {
    const file = path.join(folder(t), "api.json");
    const request = { method: "GET", url: "https://example.com/", body: null };
    const response = { status: 200, statusText: "OK", headers: [["a", "b"]], body: "text" };
    const read = (entry) => {
      writeFileSync(file, JSON.stringify({ version: 1, entries: [{ request, response }, entry] }));
      return createFetchMock().record(file);
    };
    read({ request, response });
    for (const [part, entry] of [
      ["request.url", { request: { ...request, url: "/relative" }, response }],
      ["request.body", { request: { ...request, body: 5 }, response }],
      ["response.status", { request, response: { ...response, status: "200" } }],
      ["response.headers", { request, response: { ...response, headers: { a: "b" } } }],
      ["response.body", { request, response: { ...response, body: undefined } }],
    ]) {
      assert.throws(() => read(entry), {
        message: `${file} is no recording: entries[1].${part} is missing or of another kind. Delete it to record again.`,
      });
    }
  });

  test("is a file that cannot be read", (t) => {
    const file = folder(t);
    assert.throws(() => createFetchMock().record(file), {
      name: "UndiciError",
      message: /^The recording .* cannot be read: EISDIR/,
    });
  });

  test("is an invalid path or mode", () => {
    const invalid = (message) => ({ name: "InvalidArgumentError", message });
    assert.throws(() => createFetchMock().record(5), invalid("file must be a path, got 5 (number)"));
    assert.throws(
      () => createFetchMock().record("a.json", { mode: "some" }),
      invalid('mode must be one of "missing", "all", "none", got "some" (string)'),
    );
  });

  test("is a file that cannot be written, which fails the fetch", async (t) => {
    const { record, file } = await setUp(t);
    const { fetches } = record();
    mkdirSync(file, { recursive: true });
    const [{ message, cause }] = await fetches(["/a"]);
    assert.equal(message, "fetch failed");
    assert.ok(cause.message.startsWith(`The recording ${file} cannot be written: `), cause.message);
    assert.match(cause.message, /EISDIR|EEXIST|ENOTEMPTY|EPERM/);
    assert.deepEqual(readdirSync(path.dirname(file)), [path.basename(file)]);
  });

  test("is a file in a folder that cannot be made", async (t) => {
    const { record, file } = await setUp(t);
    writeFileSync(path.dirname(file), "a file");
    assert.throws(() => record(), /cannot be read: ENOTDIR/);
    const [{ cause }] = await record({ mode: "all" }).fetches(["/a"]);
    assert.match(cause.message, /cannot be written: (EEXIST|ENOTDIR)/);
  });
});
