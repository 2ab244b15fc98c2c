// Tags: oracle, every-node
// What a worker is given of a request that a server has read: URL, headers, `cf` and body.

import { describe } from "node:test";
import assert from "node:assert/strict";
import { differs, isOracle } from "../support/miniflare.mjs";
import { ask, connect, start, startOracle } from "../support/http-server.mjs";
import { test } from "../support/test.mjs";

const SHOW = `addEventListener("fetch", (event) => event.respondWith((async () => {
  const { request } = event;
  const body = request.body === null ? null : await request.text();
  return new Response(JSON.stringify({
    url: request.url, method: request.method, redirect: request.redirect, headers: [...request.headers], cf: request.cf, body,
  }));
})()));`;

const HOST = "Host: example.com:8080";
const REQUESTS = {
  "a path": ["GET /path?query=%20 HTTP/1.1", HOST],
  "an absolute target": ["GET http://other.example/path HTTP/1.1", HOST],
  "an asterisk": ["OPTIONS * HTTP/1.1", HOST],
  "headers that repeat": [
    "GET / HTTP/1.1",
    HOST,
    "Cookie: a=1",
    "Cookie: b=2",
    "X-A: 1",
    "X-A: 2",
    "User-Agent: a",
    "User-Agent: b",
  ],
  "headers of the connection": [
    "GET / HTTP/1.1",
    HOST,
    "Keep-Alive: timeout=1",
    "TE: trailers",
    "Proxy-Connection: close",
  ],
  "headers of the network that the client has sent": [
    "GET / HTTP/1.1",
    HOST,
    "CF-Ray: mine",
    "CF-IPCountry: DE",
    "X-Real-IP: 1.2.3.4",
    "CF-Connecting-IP: 1.2.3.4",
    "X-Forwarded-Proto: https",
    "CF-Visitor: mine",
  ],
  "encodings that the client accepts": ["GET / HTTP/1.1", HOST, "Accept-Encoding: br, gzip"],
  "a header beyond ASCII": ["GET / HTTP/1.1", HOST, "X-Name: caf\xe9"],
  "a GET with a length": ["GET / HTTP/1.1", HOST, "Content-Length: 0"],
  "HTTP/1.0 without a host": ["GET / HTTP/1.0"],
};
const BODIES = {
  "a body of known length": [["POST / HTTP/1.1", HOST, "Content-Length: 5"], "hello"],
  "a body in chunks": [["PUT / HTTP/1.1", HOST, "Transfer-Encoding: chunked"], "3\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n"],
  "a body in chunks with trailers": [
    ["POST / HTTP/1.1", HOST, "Transfer-Encoding: chunked", "Trailer: X-Sum"],
    "5\r\nhello\r\n0\r\nX-Sum: 1\r\n\r\n",
  ],
  "an empty body": [["POST / HTTP/1.1", HOST, "Content-Length: 0"], ""],
  "no body at all": [["DELETE / HTTP/1.1", HOST], ""],
};

/** Without what is random, and what this package says of the scheme in another way. */
function comparable({ body }) {
  const seen = JSON.parse(body);
  const scheme = { "x-forwarded-proto": ["http", "https"], "cf-visitor": ['{"scheme":"http"}', '{"scheme":"https"}'] };
  for (const header of seen.headers) {
    if (header[0] === "cf-ray" && /^[0-9a-f]{16}$/.test(header[1])) header[1] = "a ray";
    if (scheme[header[0]]?.includes(header[1])) header[1] = "a scheme";
  }
  return seen;
}

describe("a worker gets the same request as of Miniflare 2", { skip: isOracle && "this compares with it" }, () => {
  for (const [name, lines] of Object.entries(REQUESTS)) {
    test(name, async (t) => {
      const [own, other] = [await start(t, { script: SHOW }), await startOracle(t, { script: SHOW })];
      const [mine, theirs] = [await ask(t, own.port, lines), await ask(t, other.port, lines)];
      assert.deepEqual(comparable(mine), comparable(theirs));
    });
  }

  for (const [name, [lines, sent]] of Object.entries(BODIES)) {
    test(name, async (t) => {
      const [own, other] = [await start(t, { script: SHOW }), await startOracle(t, { script: SHOW })];
      const [mine, theirs] = [await ask(t, own.port, lines, sent), await ask(t, other.port, lines, sent)];
      assert.deepEqual(comparable(mine), comparable(theirs));
    });
  }
});

/** What the worker sees of a request with these lines. */
async function seen(t, options, lines, body) {
  const { port } = await start(t, { script: SHOW, ...options });
  return JSON.parse((await ask(t, port, lines, body)).body);
}

describe("where Miniflare 2 is wrong", differs("it has these faults"), () => {
  test("the scheme is that of the connection", async (t) => {
    const { headers } = await seen(t, {}, ["GET / HTTP/1.1", HOST]);
    assert.equal(new Headers(headers).get("x-forwarded-proto"), "http");
    assert.equal(new Headers(headers).get("cf-visitor"), '{"scheme":"http"}');
  });

  test("a path that begins with two slashes is a path", async (t) => {
    const { url } = await seen(t, {}, ["GET //other.example/path HTTP/1.1", HOST]);
    assert.equal(url, "http://example.com:8080//other.example/path");
  });

  test("a fragment is not sent on", async (t) => {
    const { url } = await seen(t, {}, ["GET /path#fragment HTTP/1.1", HOST]);
    assert.equal(url, "http://example.com:8080/path");
  });

  for (const [name, lines] of Object.entries({
    "a host with a space": ["GET / HTTP/1.1", "Host: a b"],
    "a host with a path": ["GET / HTTP/1.1", "Host: a/b"],
    "a host with credentials": ["GET / HTTP/1.1", "Host: me:secret@example.com"],
    "a port that is not a number": ["GET / HTTP/1.1", "Host: example.com:http"],
    "another scheme": ["GET ftp://example.com/ HTTP/1.1", HOST],
  })) {
    test(`${name} is answered with status 400`, async (t) => {
      const { port } = await start(t, { script: SHOW });
      const { status, body } = await ask(t, port, lines);
      assert.equal(status, 400);
      assert.match(body, /^Invalid URL: /);
    });
  }

  for (const method of ["TRACE", "CONNECT"]) {
    test(`${method} is answered with status 405`, async (t) => {
      const { port } = await start(t, { script: SHOW });
      const target = method === "CONNECT" ? "example.com:80" : "/";
      const { status, body } = await ask(t, port, [`${method} ${target} HTTP/1.1`, HOST]);
      assert.deepEqual([status, body], [405, `Workers cannot receive ${method} requests.\n`]);
    });
  }
});

describe("request.cf", () => {
  const CF = `addEventListener("fetch", (event) => {
    const { request } = event;
    const copy = request.clone();
    event.respondWith(new Response(JSON.stringify([request.cf, copy.cf, new Request(request).cf, request.cf === request.cf])));
  });`;

  test("is a placeholder", async (t) => {
    const { cf } = await seen(t, {}, ["GET / HTTP/1.1", HOST]);
    assert.equal(cf.colo, "DFW");
    assert.equal(Object.hasOwn(cf, "clientAcceptEncoding"), false);
  });

  test("is of the request, its clones and its copies", async (t) => {
    const { port } = await start(t, { script: CF });
    for (const encoding of ["br", "gzip", "br"]) {
      const { body } = await ask(t, port, ["GET / HTTP/1.1", HOST, `Accept-Encoding: ${encoding}`]);
      const [cf, clone, copy, isOne] = JSON.parse(body);
      assert.equal(cf.clientAcceptEncoding, encoding);
      assert.deepEqual([clone, copy, isOne], [cf, cf, true]);
    }
  });

  test("is each request's own object", async (t) => {
    const script = `addEventListener("fetch", (event) => {
      const { cf } = event.request;
      const seen = cf.mark;
      cf.mark = "changed";
      event.respondWith(new Response(String(seen)));
    });`;
    const { port } = await start(t, { script });
    for (let count = 0; count < 2; count++) {
      assert.equal((await ask(t, port, ["GET / HTTP/1.1", HOST])).body, "undefined");
    }
  });

  test("and the client are what metaProvider says", async (t) => {
    const metaProvider = async (req) => ({
      forwardedProto: "https",
      realIp: "::ffff:9.9.9.9",
      cf: { country: "FR", path: req.url },
    });
    const { cf, headers } = await seen(t, { metaProvider }, ["GET /a HTTP/1.1", HOST]);
    const all = new Headers(headers);
    assert.deepEqual(cf, { country: "FR", path: "/a" });
    assert.deepEqual(
      ["x-forwarded-proto", "cf-connecting-ip", "cf-ipcountry"].map((name) => all.get(name)),
      ["https", "9.9.9.9", "FR"],
    );
  });

  test("follows setOptions", async (t) => {
    const { mf, port } = await start(t, { script: SHOW });
    await mf.setOptions({ metaProvider: () => ({ cf: { mine: true } }) });
    const { body } = await ask(t, port, ["GET / HTTP/1.1", HOST]);
    assert.deepEqual(JSON.parse(body).cf, { mine: true });
  });

  test("fails the request if metaProvider does", differs("an unhandled rejection; the client waits"), async (t) => {
    const metaProvider = () => {
      throw new Error("no meta");
    };
    const { port } = await start(t, { script: SHOW, metaProvider });
    const { status, body } = await ask(t, port, ["GET / HTTP/1.1", HOST]);
    assert.equal(status, 500);
    assert.match(body, /no meta/);
  });
});

test("requests follow each other on a connection, pipelined as well", async (t) => {
  const { port } = await start(t, { script: SHOW });
  const connection = await connect(t, port);
  connection.write(`POST /1 HTTP/1.1\r\n${HOST}\r\nContent-Length: 3\r\n\r\none`);
  await connection.until("/1");
  connection.write(`GET /2 HTTP/1.1\r\n${HOST}\r\n\r\nGET /3 HTTP/1.1\r\n${HOST}\r\n\r\n`);
  await connection.until("/3");
});
