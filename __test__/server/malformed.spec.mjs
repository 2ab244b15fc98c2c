// Tags: oracle, every-node
// Input that is not an HTTP request gets a status that says so, and the server goes on.

import { describe } from "node:test";
import assert from "node:assert/strict";
import { differs } from "../support/miniflare.mjs";
import { connect, get, partsOf, start } from "../support/http-server.mjs";
import { test } from "../support/test.mjs";

const script = `addEventListener("fetch", (event) => event.respondWith(event.request.text().then((text) => new Response(text))));`;
const HEAD = "POST / HTTP/1.1\r\nHost: example.com\r\n";

const MALFORMED = {
  "no HTTP at all": ["hello there\r\n\r\n", 400],
  "a TLS handshake": ["\x16\x03\x01\x00\xa5\x01\x00\x00\xa1", 400],
  "two lengths": [`${HEAD}Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello!`, 400],
  "a length and chunks": [`${HEAD}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`, 400],
  "chunks that are not the last coding": [`${HEAD}Transfer-Encoding: chunked, gzip\r\n\r\n0\r\n\r\n`, 400],
  "a length that is not a number": [`${HEAD}Content-Length: five\r\n\r\nhello`, 400],
  "a negative length": [`${HEAD}Content-Length: -5\r\n\r\nhello`, 400],
  "a header without a colon": ["GET / HTTP/1.1\r\nHost: a\r\nHeader\r\n\r\n", 400],
  "a space before a colon": ["GET / HTTP/1.1\r\nHost: a\r\nX-A : 1\r\n\r\n", 400],
  "a NUL in a header": ["GET / HTTP/1.1\r\nHost: a\r\nX-A: \0\r\n\r\n", 400],
  "no host": ["GET / HTTP/1.1\r\n\r\n", 400],
  "an unknown method": ["FOO / HTTP/1.1\r\nHost: a\r\n\r\n", 400],
  "another version": ["GET / HTTP/3.0\r\nHost: a\r\n\r\n", 400],
  "a space in the target": ["GET /a b HTTP/1.1\r\nHost: a\r\n\r\n", 400],
  "an expectation that is unknown": ["GET / HTTP/1.1\r\nHost: a\r\nExpect: more\r\nConnection: close\r\n\r\n", 417],
  "headers of more than 128 KiB": [`GET / HTTP/1.1\r\nHost: a\r\nX-A: ${"a".repeat(131_073)}\r\n\r\n`, 431],
  "a target of more than 128 KiB": [`GET /${"a".repeat(131_073)} HTTP/1.1\r\nHost: a\r\n\r\n`, 431],
};

describe("a malformed request", differs("its limits are Node's, and some requests end its process"), () => {
  for (const [name, [bytes, status]] of Object.entries(MALFORMED)) {
    test(`${name}: ${status}`, async (t) => {
      const { port } = await start(t, { script });
      const connection = await connect(t, port);
      connection.write(bytes);
      assert.equal(partsOf(await connection.closed()).status, status);
      assert.equal((await get(t, port)).status, 200);
    });
  }

  test("a text says what is wrong with it", async (t) => {
    const { port } = await start(t, { script });
    const connection = await connect(t, port);
    connection.write("hello there\r\n\r\n");
    const { headers, body } = partsOf(await connection.closed());
    assert.equal(headers["content-type"], "text/plain; charset=UTF-8");
    assert.equal(Number(headers["content-length"]), body.length);
    assert.match(body, /^400 Bad Request: ./);
  });

  for (const [name, body] of Object.entries({
    "a chunk without a size": "hello\r\n",
    "a chunk that is longer than its size": "2\r\nhello\r\n",
    "a size that no number has": "fffffffffffffffff\r\n",
  })) {
    test(`${name}, behind an invalid head: the connection ends`, async (t) => {
      const { port } = await start(t, { script });
      const connection = await connect(t, port);
      connection.write(`${HEAD}Transfer-Encoding: chunked\r\n\r\n${body}`);
      assert.match(await connection.closed(), /^HTTP\/1\.1 (400|500) /);
      assert.equal((await get(t, port)).status, 200);
    });
  }
});

test("headers of 100 KB arrive", differs("it takes 16 KiB"), async (t) => {
  const { port } = await start(t, {
    script: `addEventListener("fetch", (event) => event.respondWith(new Response(event.request.headers.get("x-a").length)));`,
  });
  assert.equal((await get(t, port, "/", [`X-A: ${"a".repeat(100_000)}`])).body, "100000");
});

const UPGRADE = "Host: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n";
for (const [name, text] of Object.entries({
  CONNECT: "CONNECT a:80 HTTP/1.1\r\nHost: a\r\n\r\n",
  "an upgrade": `GET / HTTP/1.1\r\n${UPGRADE}\r\n`,
  "an upgrade for live reload": `GET /cdn-cgi/mf/reload HTTP/1.1\r\n${UPGRADE}\r\n`,
  "a request": "GET / HTTP/1.1\r\nHost: a\r\n\r\n",
  "half a request": "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nhalf",
})) {
  test(
    `a client that resets its connection after ${name} ends nothing else`,
    differs("some end the process"),
    async (t) => {
      const { port } = await start(t, { script });
      for (let count = 0; count < 5; count++) {
        const connection = await connect(t, port);
        connection.write(text);
        connection.socket.resetAndDestroy();
        assert.equal((await get(t, port)).status, 200);
      }
    },
  );
}
