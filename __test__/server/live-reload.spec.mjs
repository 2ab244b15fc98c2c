// Tags: oracle, every-node
// Pages that load themselves again when their worker has been.

import assert from "node:assert/strict";
import { once } from "node:events";
import { gunzipSync } from "node:zlib";
import WebSocket from "ws";
import { differs } from "../support/miniflare.mjs";
import { ask, connect, get, partsOf, start } from "../support/http-server.mjs";
import { test } from "../support/test.mjs";

const script = `export default {
  fetch(request) {
    const { pathname, searchParams } = new URL(request.url);
    const init = { headers: { "Content-Type": "Text/HTML; charset=utf-8", ...Object.fromEntries(searchParams) } };
    if (pathname === "/text") return new Response("text");
    if (pathname === "/null") return new Response(null, init);
    if (pathname === "/stream") return new Response(new Blob(["<p>page"]).stream(), init);
    if (pathname === "/manual") return new Response("<p>page", { ...init, encodeBody: "manual" });
    return new Response("<p>page", init);
  },
};`;
const LENGTH = 526;

test("the script is added to pages, and their lengths are right", async (t) => {
  const { port } = await start(t, { script, liveReload: true });
  const { headers, body } = await get(t, port, "/page");
  assert.match(body, /^<p>page<script .*Miniflare Live Reload.*<\/script>$/s);
  assert.equal(headers["content-length"], String("<p>page".length + LENGTH));
  assert.equal(body.length, "<p>page".length + LENGTH);
  const head = await ask(t, port, ["HEAD /page HTTP/1.1", "Host: a"]);
  assert.equal(head.headers["content-length"], headers["content-length"]);
  assert.match((await get(t, port, "/stream")).body, /page[\s\S]*<\/script>/);
});

test("it is encoded with the page", differs("the length is that of the page as it was"), async (t) => {
  const { port } = await start(t, { script, liveReload: true });
  const { headers, body } = await ask(t, port, ["GET /page?Content-Encoding=gzip HTTP/1.0"]);
  assert.equal(headers["content-length"], undefined);
  assert.match(String(gunzipSync(Buffer.from(body, "latin1"))), /^<p>page<script .*<\/script>$/s);
});

test("other answers stay as they are", differs("the client waits for what never comes"), async (t) => {
  const { port } = await start(t, { script, liveReload: true });
  for (const [path, text] of [
    ["/text", "text"],
    ["/null", ""],
    ["/manual", "<p>page"],
  ]) {
    const { headers, body } = await get(t, port, path);
    assert.deepEqual([headers["content-length"], body], [String(text.length), text]);
  }
});

test("it comes and goes with setOptions", async (t) => {
  const { mf, port } = await start(t, { script });
  for (const liveReload of [true, false]) {
    await mf.setOptions({ liveReload });
    assert.equal((await get(t, port, "/page")).body.includes("Live Reload"), liveReload);
  }
});

async function open(t, port) {
  const socket = new WebSocket(`ws://127.0.0.1:${port}/cdn-cgi/mf/reload`);
  t.after(() => socket.terminate());
  await once(socket, "open");
  return socket;
}

test("the sockets are closed with 1012 when the worker has been loaded", async (t) => {
  const { mf, port } = await start(t, { script });
  const sockets = [await open(t, port), await open(t, port)];
  const closed = sockets.map((socket) => once(socket, "close"));
  await mf.reload();
  for (const [code, reason] of await Promise.all(closed))
    assert.deepEqual([code, String(reason)], [1012, "Service Restart"]);
});

test("they are cut when the instance is disposed of, so that pages try again", differs("it leaves them"), async (t) => {
  const { mf, port } = await start(t, { script });
  const socket = await open(t, port);
  const closed = once(socket, "close");
  await mf.dispose();
  assert.equal((await closed)[0], 1006);
});

test("an invalid frame closes only its own socket", differs("ends the process"), async (t) => {
  const { mf, port } = await start(t, { script });
  const other = await open(t, port);
  const bad = await open(t, port);
  const closed = once(bad, "close");
  bad.on("error", () => {});
  bad._socket.write(Buffer.from([0xff, 0xff, 0xff, 0xff]));
  await closed;
  const restarted = once(other, "close");
  await mf.reload();
  assert.equal((await restarted)[0], 1012);
});

const UPGRADE = "Host: a\r\nConnection: Upgrade\r\n";
const KEY = "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";

test("its path has no slash at the end", async (t) => {
  const { port } = await start(t, { script });
  const connection = await connect(t, port);
  connection.write(`GET /cdn-cgi/mf/reload/ HTTP/1.1\r\n${UPGRADE}Upgrade: websocket\r\n${KEY}\r\n`);
  assert.notEqual(partsOf(await connection.closed()).status, 101);
});

test("a handshake without a key is answered with status 400", async (t) => {
  const { port } = await start(t, { script });
  const connection = await connect(t, port);
  connection.write(`GET /cdn-cgi/mf/reload HTTP/1.1\r\n${UPGRADE}Upgrade: websocket\r\n\r\n`);
  assert.equal(partsOf(await connection.closed()).status, 400);
});

test("an upgrade to HTTP/2 is not taken", differs("the client gets status 500"), async (t) => {
  const { port } = await start(t, { script });
  const connection = await connect(t, port);
  connection.write(`GET /text HTTP/1.1\r\n${UPGRADE}Upgrade: h2c\r\n\r\n`);
  const { status, body } = partsOf(await connection.closed());
  assert.deepEqual([status, body], [200, "text"]);
});
