// Tags: every-node
// Clients that are slow: the times that a server gives them, and what they are told when these are over.

import { describe } from "node:test";
import assert from "node:assert/strict";
import { once } from "node:events";
import { connect, get, partsOf } from "../support/http-server.mjs";
import { create } from "../support/miniflare.mjs";
import { test } from "../support/test.mjs";

const script = `export default { async fetch(request) {
  if (request.method === "GET") return new Response("fine");
  try {
    return new Response(await request.text());
  } catch (error) {
    return new Response("failed", { status: 400 });
  }
} };`;

/** A server that looks often, with times of its own. */
async function serve(t, limits) {
  const mf = create(t, { script, host: "127.0.0.1", port: 0 });
  const server = await mf.startServer({ connectionsCheckingInterval: 20, ...limits });
  return { server, port: server.address().port };
}

describe("a request is answered with status 408", () => {
  const CASES = {
    "if its head does not arrive": [{ headersTimeout: 50 }, "GET / HTTP/1.1\r\nHost: a\r\n"],
    "if its head does not even begin": [{ headersTimeout: 50 }, "G"],
    "if its body does not arrive": [
      { headersTimeout: 50, requestTimeout: 60 },
      "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhe",
    ],
    "if the chunks of its body do not end": [
      { headersTimeout: 50, requestTimeout: 60 },
      "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n",
    ],
  };
  for (const [name, [limits, bytes]] of Object.entries(CASES)) {
    test(name, async (t) => {
      const { port } = await serve(t, limits);
      const connection = await connect(t, port);
      connection.write(bytes);
      const { status, headers, body } = partsOf(await connection.closed());
      assert.equal(status, 408);
      assert.equal(headers["content-type"], "text/plain; charset=UTF-8");
      assert.match(body, /^408 Request Timeout: ./);
      assert.equal((await get(t, port)).body, "fine");
    });
  }
});

test("a connection that is idle is closed", async (t) => {
  const { port } = await serve(t, { keepAliveTimeout: 1 });
  const connection = await connect(t, port);
  connection.write("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  assert.equal(partsOf(await connection.closed()).status, 200);
});

test("a request that takes its time within the limits is answered", async (t) => {
  const { port } = await serve(t, {});
  const connection = await connect(t, port);
  for (const byte of "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello") {
    connection.write(byte);
    await new Promise((resolve) => setImmediate(resolve));
  }
  assert.equal(partsOf(await connection.closed()).body, "hello");
});

test("the times are those that docs/server.md names", async (t) => {
  const mf = create(t, { script, host: "127.0.0.1", port: 0 });
  const server = await mf.startServer();
  const { headersTimeout, requestTimeout, keepAliveTimeout } = server;
  assert.deepEqual(
    { headersTimeout, requestTimeout, keepAliveTimeout },
    {
      headersTimeout: 60_000,
      requestTimeout: 300_000,
      keepAliveTimeout: 5_000,
    },
  );
  const closed = once(server, "close");
  await mf.dispose();
  await closed;
});
