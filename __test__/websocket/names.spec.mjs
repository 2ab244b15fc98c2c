// Tags: every-node
// `miniflare-rs/web-sockets`: sockets in Node, and their coupling with connections of the library `ws`.

import assert from "node:assert/strict";
import { once } from "node:events";
import http from "node:http";
import Client, { WebSocketServer } from "ws";
import {
  CloseEvent,
  coupleWebSocket,
  ErrorEvent,
  MessageEvent,
  upgradingFetch,
  WebSocket,
  WebSocketPair,
} from "../../doors/web-sockets.mjs";
import { deferred } from "../support/dispatch.mjs";
import { create } from "../support/miniflare.mjs";
import { test } from "../support/test.mjs";

/** A server of the library, which calls `serve(connection)`; the URL of it. */
async function listen(t, serve, options = {}) {
  const server = new WebSocketServer({ port: 0, host: "127.0.0.1", ...options });
  server.on("connection", serve);
  await once(server, "listening");
  t.after(() => {
    for (const client of server.clients) client.terminate();
    server.close();
  });
  return `ws://127.0.0.1:${server.address().port}/`;
}

const next = (socket, type) => new Promise((resolve) => socket.addEventListener(type, resolve, { once: true }));

test("a pair in Node is one like that of a worker", async () => {
  const [one, other] = new WebSocketPair();
  assert.ok(one instanceof WebSocket && one instanceof EventTarget);
  one.accept();
  other.accept();
  const message = next(other, "message");
  one.send("a");
  assert.equal((await message).data, "a");
  assert.ok((await message) instanceof MessageEvent);
  const close = next(other, "close");
  one.close(4000, "enough");
  const { code, reason, wasClean } = await close;
  assert.deepEqual([code, reason, wasClean], [4000, "enough", true]);
  assert.ok((await close) instanceof CloseEvent);
  assert.equal(new ErrorEvent("error", { message: "text" }).message, "text");
});

test("a socket connects to a server", async (t) => {
  const url = await listen(t, (connection) => {
    connection.send("early");
    connection.on("message", (data, isBinary) => connection.send(data, { binary: isBinary }));
  });
  const socket = new WebSocket(url, "chat");
  assert.equal(socket.readyState, WebSocket.CONNECTING);
  assert.equal(socket.url, url);
  assert.throws(() => socket.send("a"), { message: /You must call accept\(\)/ });
  assert.throws(() => socket.accept(), { message: /new WebSocket\(\)' constructor cannot call accept/ });
  const early = next(socket, "message");
  await next(socket, "open");
  assert.deepEqual([socket.readyState, socket.protocol], [WebSocket.OPEN, "chat"]);
  assert.equal((await early).data, "early");
  const echo = next(socket, "message");
  socket.send(new Uint8Array([1, 2]));
  assert.deepEqual([...new Uint8Array((await echo).data)], [1, 2]);
  const closed = next(socket, "close");
  socket.close(4000, "enough");
  const { code, reason } = await closed;
  assert.deepEqual([code, reason, socket.readyState], [4000, "enough", WebSocket.CLOSED]);
});

test("a server that is not there is an error, then a close", async (t) => {
  const server = http.createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  t.after(() => server.close());
  const socket = new WebSocket(`ws://127.0.0.1:${port}/`);
  const error = next(socket, "error");
  const close = next(socket, "close");
  assert.equal((await error).error.code, "ECONNREFUSED");
  const { code, wasClean } = await close;
  assert.deepEqual([code, wasClean, socket.readyState], [1006, false, WebSocket.CLOSED]);
});

test("a suite's own server couples connections with a worker's sockets", async (t) => {
  const mf = create(t, {
    script: `export default { fetch() {
      const [client, server] = Object.values(new WebSocketPair());
      server.accept();
      server.addEventListener("message", ({ data }) => server.send("echo " + data));
      server.addEventListener("close", ({ code }) => server.close(code));
      return new Response(null, { status: 101, webSocket: client });
    } };`,
  });
  const url = await listen(t, async (connection) => {
    const { webSocket } = await mf.dispatchFetch("http://localhost/", { headers: { Upgrade: "websocket" } });
    await coupleWebSocket(connection, webSocket);
  });
  const client = new Client(url);
  await once(client, "open");
  client.send("a");
  const [data] = await once(client, "message");
  assert.equal(String(data), "echo a");
  client.close(4000);
  assert.equal((await once(client, "close"))[0], 4000);
});

test("a socket is coupled once, before it is accepted, with a connection that is open", async (t) => {
  const url = await listen(t, () => {});
  const connect = async () => {
    const client = new Client(url);
    t.after(() => client.terminate());
    await once(client, "open");
    return client;
  };
  const [one] = new WebSocketPair();
  await coupleWebSocket(await connect(), one);
  assert.throws(() => one.accept(), { message: "Can't accept() WebSocket that was already used in a response." });
  await assert.rejects(coupleWebSocket(await connect(), one), {
    name: "TypeError",
    message: "Can't return WebSocket that was already used in a response.",
  });
  const [accepted] = new WebSocketPair();
  accepted.accept();
  await assert.rejects(coupleWebSocket(await connect(), accepted), {
    name: "TypeError",
    message: "Can't return WebSocket in a Response after calling accept().",
  });
  const closing = await connect();
  closing.close();
  const [free] = new WebSocketPair();
  await assert.rejects(coupleWebSocket(closing, free), {
    name: "TypeError",
    message: "Incoming WebSocket connection already closed.",
  });
});

test("coupling waits until a connection is open, and rejects if it never is", async (t) => {
  const url = await listen(t, (connection) => connection.on("message", (data) => connection.send(`echo ${data}`)));
  const [one, other] = new WebSocketPair();
  other.accept();
  other.send("a");
  const message = next(other, "message");
  const client = new Client(url);
  t.after(() => client.terminate());
  await coupleWebSocket(client, one);
  assert.equal((await message).data, "echo a");
  const [free] = new WebSocketPair();
  await assert.rejects(coupleWebSocket(new Client("ws://127.0.0.1:1/"), free), { code: "ECONNREFUSED" });
});

test("a long reason is cut to what a frame holds", async (t) => {
  const heard = deferred();
  const url = await listen(t, (connection) => connection.on("close", (_, reason) => heard.resolve(String(reason))));
  const client = new Client(url);
  const [one, other] = new WebSocketPair();
  await coupleWebSocket(client, one);
  other.accept();
  const closed = once(client, "close");
  other.close(4000, `${"x".repeat(122)}üüü`);
  await closed;
  assert.equal(await heard.promise, "x".repeat(122));
});

test("upgradingFetch opens a connection, and agrees on a protocol", async (t) => {
  const url = await listen(t, (connection, request) => {
    connection.send(request.headers["x-key"]);
    connection.on("message", (data) => connection.send(`echo ${data}`));
  });
  const headers = { Upgrade: "websocket", "Sec-WebSocket-Protocol": "chat, other", "X-Key": "early" };
  const response = await upgradingFetch(url.replace("ws:", "http:"), { headers });
  assert.equal(response.status, 101);
  assert.equal(response.headers.get("sec-websocket-protocol"), "chat");
  const { webSocket } = response;
  const early = next(webSocket, "message");
  webSocket.accept();
  assert.equal((await early).data, "early");
  const echo = next(webSocket, "message");
  webSocket.send("hello");
  assert.equal((await echo).data, "echo hello");
  const closed = next(webSocket, "close");
  webSocket.close(4000);
  assert.equal((await closed).code, 4000);
});

test("upgradingFetch gives the answer of a server that does not upgrade", async (t) => {
  const server = http.createServer((request, response) => {
    response.writeHead(request.headers.upgrade ? 403 : 200, { "X-Own": "yes" }).end("text");
  });
  server.on("upgrade", (_, socket) =>
    socket.end("HTTP/1.1 403 Forbidden\r\nX-Own: yes\r\nContent-Length: 4\r\n\r\ntext"),
  );
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => server.close());
  const url = `http://127.0.0.1:${server.address().port}/`;
  const refused = await upgradingFetch(url, { headers: { Upgrade: "WebSocket" } });
  assert.deepEqual(
    [refused.status, refused.webSocket, refused.headers.get("x-own"), await refused.text()],
    [403, null, "yes", "text"],
  );
  const plain = await upgradingFetch(url);
  assert.deepEqual([plain.status, plain.webSocket ?? null, await plain.text()], [200, null, "text"]);
});

test("upgradingFetch rejects without a connection, for other schemes, and when it is aborted", async () => {
  const headers = { Upgrade: "websocket" };
  await assert.rejects(upgradingFetch("http://127.0.0.1:1/", { headers }), { code: "ECONNREFUSED" });
  await assert.rejects(upgradingFetch("ftp://127.0.0.1/", { headers }), {
    name: "TypeError",
    message: /^Fetch API cannot load: ftp:\/\/127\.0\.0\.1\/\.\nMake sure you're using http\(s\):\/\/ URLs/,
  });
  const signal = AbortSignal.abort(new Error("given up"));
  await assert.rejects(upgradingFetch("http://127.0.0.1:1/", { headers, signal }), { message: "given up" });
});
