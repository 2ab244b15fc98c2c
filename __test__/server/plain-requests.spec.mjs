// Tags: every-node
// Plain GET requests on connections that are kept. Their answers leave without Node's objects for them: to a client they are the
// same, and whoever uses Node's server sees no difference either.

import { describe } from "node:test";
import assert from "node:assert/strict";
import diagnostics from "node:diagnostics_channel";
import { once } from "node:events";
import http from "node:http";
import { RecordingLog } from "../support/log.mjs";
import { connect, partsOf } from "../support/http-server.mjs";
import { create } from "../support/miniflare.mjs";
import { test } from "../support/test.mjs";

const SCRIPT = `
  const waits = new Map();
  const later = (name) => new Promise((resolve) => waits.set(name, resolve));
  const ANSWERS = {
    "/text": () => new Response("hello"),
    "/bytes": () => new Response(new Uint8Array([0, 128, 255])),
    "/beyond-ascii": () => new Response("h\\u00e9llo \\u20ac"),
    "/empty": () => new Response(""),
    "/null": () => new Response(null),
    "/no-content": () => new Response(null, { status: 204 }),
    "/not-modified": () => new Response(null, { status: 304, headers: { ETag: '"a"' } }),
    "/reset-content": () => new Response(null, { status: 205 }),
    "/status": () => new Response("short and stout", { status: 418 }),
    "/unknown-status": () => new Response("what", { status: 299 }),
    "/phrase": () => new Response("a", { status: 200, statusText: "Fine" }),
    "/cookies": () => new Response("a", { headers: [["Set-Cookie", "a=1"], ["Set-Cookie", "b=2"], ["X-B", "2"], ["X-A", "1"]] }),
    "/latin1": () => new Response("a", { headers: { "X-Name": "caf\\u00e9" } }),
    "/latin1-beyond": () => new Response("\\u20ac", { headers: { "X-Name": "cafe" } }),
    "/control": () => new Response("a", { headers: { "X-Name": "a\\u0001b" } }),
    "/date": () => new Response("a", { headers: { Date: "Wed, 21 Oct 2099 07:28:00 GMT" } }),
    "/close": () => new Response("a", { headers: { Connection: "close" } }),
    "/length": () => new Response("body", { headers: { "Content-Length": "50", "Transfer-Encoding": "chunked" } }),
    "/gzip": () => new Response("abc", { headers: { "Content-Encoding": "gzip" } }),
    "/manual": () => new Response("abc", { encodeBody: "manual", headers: { "Content-Encoding": "gzip" } }),
    "/page": () => new Response("<p>page", { headers: { "Content-Type": "text/html" } }),
    "/long": () => new Response("a".repeat(100_000)),
    "/stream": () => new Response(new Blob(["stream"]).stream()),
    "/async": async () => new Response("async"),
    "/timer": () => new Promise((resolve) => setTimeout(() => resolve(new Response("timer")))),
    "/throws": () => { throw new Error("thrown"); },
    "/rejects": async () => { throw new Error("rejected"); },
    "/nothing": () => {},
    "/switch": () => new Response(null, { status: 101, webSocket: new WebSocketPair()[0] }),
    "/later": () => later("later"),
    "/release": () => { waits.get("later")(new Response("released")); return new Response("done"); },
    "/headers": (request) => {
      const { "cf-ray": ray, ...headers } = Object.fromEntries(request.headers);
      return Response.json([request.url, request.method, headers, ray.length, request.cf.clientAcceptEncoding]);
    },
  };
  export default {
    fetch(request, env) {
      const answer = ANSWERS[new URL(request.url).pathname];
      return answer === undefined ? new Response(null, { status: 404 }) : answer(request, env);
    },
  };`;

const GET = (path, lines = []) => [`GET ${path} HTTP/1.1`, "Host: example.com", ...lines, "", ""].join("\r\n");
const END = GET("/text", ["Connection: close"]);

/** Two servers of one worker, of which the other has all of Node's objects made. */
async function startBoth(t, options = {}) {
  const mf = create(t, {
    script: SCRIPT,
    modules: true,
    host: "127.0.0.1",
    port: 0,
    cfFetch: false,
    compatibilityFlags: ["streams_enable_constructors", "transformstream_enable_standard_constructor"],
    log: new RecordingLog(),
    ...options,
  });
  const server = await mf.startServer();
  const usual = await mf.startServer({ IncomingMessage: class extends http.IncomingMessage {} });
  return { mf, server, port: server.address().port, usual: usual.address().port };
}

async function startOne(t, limits = {}, options = {}) {
  const mf = create(t, { script: SCRIPT, modules: true, host: "127.0.0.1", port: 0, cfFetch: false, ...options });
  const server = await mf.startServer(limits);
  return { mf, server, port: server.address().port };
}

/** All that a server answers to these bytes, which end with a request after which it closes the connection. */
async function exchange(t, port, bytes) {
  const connection = await connect(t, port);
  connection.write(bytes);
  return masked(await connection.closed());
}

/** Without what differs from one request to the next. */
const masked = (text) =>
  text
    .replaceAll(/(Date: )(?!.*2099).*/g, "$1")
    // Errors of the server itself have its stack.
    .replaceAll(/\n {4}at .*\/lib\/.*|\n {4}at .*\(?node:.*/g, "")
    .replaceAll(/Content-Length: \d+/g, "Content-Length");

/** How many of Node's responses have begun since. */
const counted = (t) => t.mock.method(http.ServerResponse.prototype, "writeHead").mock;

test("they are answered without Node's objects", async (t) => {
  const { port } = await startOne(t);
  const heads = counted(t);
  const connection = await connect(t, port);
  for (const path of ["/text", "/bytes", "/headers", "/null", "/status"]) connection.write(GET(path));
  await connection.until("short and stout");
  assert.equal(heads.callCount(), 0);
  connection.write(END);
  await connection.closed();
  assert.equal(heads.callCount(), 1);
});

describe("the same bytes leave as from Node's own objects", () => {
  const paths = [...SCRIPT.matchAll(/^ {4}"(\/[^"]+)":/gm)].map(([, path]) => path);
  for (const path of paths.filter((one) => one !== "/later" && one !== "/release")) {
    test(path, async (t) => {
      const { port, usual } = await startBoth(t);
      const bytes = path === "/close" ? GET(path) : GET(path) + END;
      const [own, other] = [await exchange(t, port, bytes), await exchange(t, usual, bytes)];
      // Streams may leave in other chunks.
      if (path === "/stream") for (const text of [own, other]) assert.match(text, /stream/);
      else assert.equal(own, other);
    });
  }

  const REQUESTS = {
    "many in one packet": GET("/text") + GET("/async") + GET("/bytes") + GET("/timer") + GET("/cookies") + END,
    "with others in between": `${GET("/text")}POST /text HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi${GET("/text")}HEAD /text HTTP/1.1\r\nHost: a\r\n\r\n${END}`,
    "a body": `${GET("/text", ["Content-Length: 2"])}hi${END}`,
    chunks: `${GET("/text", ["Transfer-Encoding: chunked"])}2\r\nhi\r\n0\r\n\r\n${END}`,
    "a length of 0": `${GET("/text", ["Content-Length: 0"])}${END}`,
    "an expectation": GET("/text", ["Expect: 100-continue"]) + END,
    "another expectation": GET("/text", ["Expect: wonders"]) + END,
    "names that repeat": GET("/headers", ["X-A: 1", "X-A: 2", "Cookie: a", "Cookie: b"]) + END,
    "no host": `GET /text HTTP/1.1\r\n\r\n${END}`,
    "a host that is none": `GET /text HTTP/1.1\r\nHost: a b\r\n\r\n${END}`,
    "an absolute target": `GET http://other.example/headers HTTP/1.1\r\nHost: a\r\n\r\n${END}`,
    "another scheme": `GET ftp://other.example/headers HTTP/1.1\r\nHost: a\r\n\r\n${END}`,
    "headers of the network's": GET("/headers", ["CF-Ray: 0123", "X-Real-IP: 1.2.3.4", "Accept-Encoding: br"]) + END,
    "the same head, then another":
      GET("/headers") + GET("/headers") + GET("/headers", ["X-A: 1"]) + GET("/headers") + END,
    "40 headers":
      GET(
        "/headers",
        Array.from({ length: 40 }, (_, index) => `X-${index}: ${index}`),
      ) + END,
    "HTTP/1.0": "GET /text HTTP/1.0\r\nHost: a\r\nConnection: keep-alive\r\n\r\nGET /text HTTP/1.0\r\n\r\n",
    "a reserved path": GET("/cdn-cgi/mf/nothing") + END,
    "a path that becomes reserved": GET("/a/../cdn-cgi/mf/nothing") + END,
    "an upgrade to what is not spoken": GET("/text", ["Upgrade: h2c", "Connection: upgrade"]),
  };
  for (const [name, bytes] of Object.entries(REQUESTS)) {
    test(name, async (t) => {
      const { port, usual } = await startBoth(t);
      const [own, other] = [await exchange(t, port, bytes), await exchange(t, usual, bytes)];
      assert.notEqual(own, "");
      const hosts = (text) => text.replaceAll(String(port), "").replaceAll(String(usual), "");
      assert.equal(hosts(own), hosts(other));
    });
  }

  test("with live reload", async (t) => {
    const { port, usual } = await startBoth(t, { liveReload: true });
    const bytes = GET("/page") + GET("/text") + END;
    const own = await exchange(t, port, bytes);
    assert.match(own, /<script/);
    assert.equal(own, await exchange(t, usual, bytes));
  });

  test("in the log", async (t) => {
    const { mf, port, usual } = await startBoth(t);
    const lines = async (to) => {
      mf.log.lines.length = 0;
      await exchange(t, to, GET("/text") + GET("/status") + GET("/async") + END);
      while (mf.log.lines.length < 4) await new Promise((resolve) => setImmediate(resolve));
      return mf.log
        .having("")
        .map((line) => line.replaceAll(/[\d.]+ms/g, "ms"))
        .sort();
    };
    assert.deepEqual(await lines(port), await lines(usual));
  });
});

test("a head that arrives in pieces is answered", async (t) => {
  const { port } = await startOne(t);
  const connection = await connect(t, port);
  for (const piece of [GET("/text").slice(0, 9), GET("/text").slice(9, 30), GET("/text").slice(30)]) {
    connection.write(piece);
    await new Promise((resolve) => setImmediate(resolve));
  }
  assert.match(await connection.until("hello"), /^HTTP\/1\.1 200 OK/);
});

test("what is no HTTP behind them is told so", async (t) => {
  const { port } = await startOne(t);
  const text = await exchange(t, port, `${GET("/text")}nonsense\r\n\r\n`);
  assert.match(text, /^HTTP\/1\.1 200 OK.*helloHTTP\/1\.1 400 Bad Request/s);
});

test("a request that the worker keeps is not aborted when its client goes", async (t) => {
  const script = `let kept;
    export default { fetch(request) {
      const before = kept?.signal.aborted;
      kept ??= request;
      return new Response(String(before));
    } };`;
  const { server, port } = await startOne(t, {}, { script });
  const connected = once(server, "connection");
  const first = await connect(t, port);
  const [socket] = await connected;
  first.write(GET("/"));
  await first.until("undefined");
  const closed = once(socket, "close");
  first.socket.destroy();
  await closed;
  const second = await connect(t, port);
  second.write(GET("/"));
  await second.until("false");
});

describe("Node's server keeps its times", () => {
  test("a connection that is idle is closed", async (t) => {
    const { port } = await startOne(t, { keepAliveTimeout: 1 });
    const heads = counted(t);
    const connection = await connect(t, port);
    connection.write(GET("/text"));
    assert.match(partsOf(await connection.closed()).headers["keep-alive"], /^timeout=0$/);
    assert.equal(heads.callCount(), 0);
  });

  test("one that waits for its answer is not", async (t) => {
    const { port } = await startOne(t, { keepAliveTimeout: 1 });
    const [waits, idles] = [await connect(t, port), await connect(t, port)];
    waits.write(GET("/text"));
    await waits.until("hello");
    waits.write(GET("/later"));
    idles.write(GET("/text"));
    // The time of the other connection began later.
    await idles.closed();
    const releases = await connect(t, port);
    releases.write(GET("/release"));
    await waits.until("released");
  });

  test("one whose head has begun is not", async (t) => {
    const { port } = await startOne(t, { keepAliveTimeout: 1 });
    const [begins, idles] = [await connect(t, port), await connect(t, port)];
    begins.write(GET("/text"));
    await begins.until("hello");
    begins.write("GET /null HTTP/1.1\r\n");
    idles.write(GET("/text"));
    await idles.closed();
    begins.write("Host: a\r\n\r\n");
    await begins.until("content-length: 0");
  });

  test("a head that does not arrive is answered with status 408", async (t) => {
    const { port } = await startOne(t, { headersTimeout: 50, connectionsCheckingInterval: 20 });
    const connection = await connect(t, port);
    connection.write(GET("/text"));
    await connection.until("hello");
    connection.write("GET /text HTTP/1.1\r\n");
    assert.match(await connection.closed(), /HTTP\/1\.1 408 /);
  });
});

describe("users of Node's server see each request", () => {
  test("a listener of their own", async (t) => {
    const { server, port } = await startOne(t);
    const connection = await connect(t, port);
    connection.write(GET("/text"));
    await connection.until("hello");
    const heard = once(server, "request");
    connection.write(GET("/status"));
    const [req] = await heard;
    assert.equal(req.url, "/status");
    await connection.until("short and stout");
  });

  test("a channel of diagnostics", async (t) => {
    const { port } = await startOne(t);
    const seen = [];
    const see = ({ request }) => seen.push(request.url);
    const connection = await connect(t, port);
    connection.write(GET("/text"));
    await connection.until("hello");
    diagnostics.subscribe("http.server.request.start", see);
    t.after(() => diagnostics.unsubscribe("http.server.request.start", see));
    connection.write(GET("/status"));
    await connection.until("short and stout");
    assert.deepEqual(seen, ["/status"]);
  });

  test("a limit of requests per connection", async (t) => {
    const { server, port } = await startOne(t);
    server.maxRequestsPerSocket = 1;
    const connection = await connect(t, port);
    connection.write(GET("/text"));
    assert.equal(partsOf(await connection.closed()).headers.connection, "close");
  });

  test("close(), which ends idle connections", async (t) => {
    const { server, port } = await startOne(t);
    const connection = await connect(t, port);
    connection.write(GET("/text"));
    await connection.until("hello");
    const closed = once(server, "close");
    server.close();
    await Promise.all([closed, connection.closed()]);
  });

  test("Node's parsers, which clients use as well", async (t) => {
    const { port } = await startOne(t);
    const connection = await connect(t, port);
    connection.write(GET("/text"));
    await connection.until("hello");
    connection.socket.destroy();
    await once(connection.socket, "close");
    // A parser is used again, by a client or another server.
    const bare = http.createServer((_req, res) => res.end("bare")).listen(0, "127.0.0.1");
    t.after(() => bare.closeAllConnections());
    t.after(() => bare.close());
    await once(bare, "listening");
    for (let round = 0; round < 3; round++) {
      const [response] = await once(http.get({ port: bare.address().port, host: "127.0.0.1" }), "response");
      assert.equal((await response.setEncoding("utf8").toArray()).join(""), "bare");
    }
  });
});

test("a client that does not take its answers makes the server wait", async (t) => {
  const script = `export default { fetch: () => new Response("a".repeat(16_000)) };`;
  const { port, server } = await startOne(t, {}, { script });
  const connected = once(server, "connection");
  const connection = await connect(t, port);
  const [socket] = await connected;
  connection.socket.pause();
  const count = 4_000;
  connection.write(GET("/").repeat(count) + END);
  // All that the connection holds is full, and the server has stopped to read.
  while (!socket._paused) await new Promise((resolve) => setImmediate(resolve));
  assert.ok(socket.writableLength < count * 8_000);
  connection.socket.resume();
  const text = await connection.closed();
  assert.equal(text.match(/HTTP\/1\.1 200 OK/g).length, count + 1);
});
