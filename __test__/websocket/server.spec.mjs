// Tags: oracle, every-node
// Clients that speak WebSocket with a worker, over the HTTP server.

import { describe } from "node:test";
import assert from "node:assert/strict";
import { once } from "node:events";
import { stripVTControlCharacters } from "node:util";
import WebSocket from "ws";
import { differs } from "../support/miniflare.mjs";
import { connect, partsOf, start } from "../support/http-server.mjs";
import { RecordingLog } from "../support/log.mjs";
import { test } from "../support/test.mjs";

const script = `
const heard = [];
const flood = async (server) => {
  const bytes = new Uint8Array(1024 * 1024);
  try {
    for (let sent = 0; sent < 1000; sent++) {
      server.send(bytes);
      await undefined;
    }
    heard.push("sent all");
  } catch (error) {
    heard.push(error.message);
    server.close(1013, "too slow");
  }
};
const respond = (headers, prepare = () => {}) => {
  const [client, server] = Object.values(new WebSocketPair());
  server.accept();
  prepare(server);
  server.addEventListener("message", ({ data }) => {
    if (data === "close") return server.close(4000, "as asked");
    if (data === "close without") return server.close();
    if (data === "close undefined") return server.close(2000, "no code of the standard");
    if (data === "flood") return flood(server);
    server.send(typeof data === "string" ? "echo " + data : data);
  });
  server.addEventListener("close", ({ code, reason }) => { heard.push([code, reason]); if (server.readyState !== 3) server.close(); });
  server.addEventListener("error", ({ error }) => heard.push(String(error.message)));
  return new Response(null, { status: 101, webSocket: client, headers });
};
export default {
  async fetch(request, env, ctx) {
    const { pathname, searchParams } = new URL(request.url);
    if (pathname === "/heard") return Response.json(heard);
    if (pathname === "/headers") return respond({ "X-Upgrade": request.headers.get("upgrade"), "X-Connection": String(request.headers.get("connection")), "X-Key": String(request.headers.has("sec-websocket-key")) });
    if (pathname === "/own") {
      const response = respond({ "X-Own": "yes", "Sec-WebSocket-Protocol": searchParams.get("protocol") ?? "", Upgrade: "h2c", Connection: "close", "Sec-WebSocket-Accept": "no", "Sec-WebSocket-Extensions": "permessage-deflate" });
      response.headers.append("Set-Cookie", "a=1");
      response.headers.append("Set-Cookie", "b=2; Expires=Wed, 21 Oct 2026 07:28:00 GMT");
      return response;
    }
    if (pathname === "/early") return respond({}, (server) => { server.send("1"); server.send("2"); });
    if (pathname === "/wait") { ctx.waitUntil(new Promise(() => {})); return respond({}); }
    if (pathname === "/slow") { await new Promise((resolve) => setTimeout(resolve, 20)); return respond({}); }
    if (pathname === "/throw") throw new Error("from the worker");
    if (pathname === "/accepted") {
      const [client, server] = Object.values(new WebSocketPair());
      client.accept();
      return new Response(null, { status: 101, webSocket: client });
    }
    const status = Number(pathname.slice(1));
    if (status) return new Response(status === 304 ? null : "text", { status, headers: { "X-Own": "yes", ...(status === 302 && { Location: "/" }) } });
    return respond({});
  },
};`;

const linesOf = ({ lines }) => lines.map((line) => stripVTControlCharacters(line));

const serve = (t, options = {}) => start(t, { script, modules: true, ...options });

/** A client whose messages and end are gathered. */
async function open(t, { port }, path = "/", protocols = [], options = {}) {
  const socket = new WebSocket(`ws://127.0.0.1:${port}${path}`, protocols, options);
  const messages = [];
  let look = () => {};
  socket.on("message", (data, isBinary) => {
    messages.push(isBinary ? (data.length > 1000 ? data.length : [...data]) : String(data));
    look();
  });
  const closed = once(socket, "close").then(([code, reason]) => [code, String(reason)]);
  closed.catch(() => {});
  const upgraded = once(socket, "upgrade").then(([response]) => response);
  upgraded.catch(() => {});
  t.after(() => socket.terminate());
  await once(socket, "open");
  const until = (count) =>
    new Promise((resolve) => {
      look = () => messages.length >= count && resolve(messages);
      look();
    });
  return { socket, until, closed, response: await upgraded };
}

/** What a client is answered that gets no WebSocket. */
async function refused({ port }, path, headers = {}) {
  const socket = new WebSocket(`ws://127.0.0.1:${port}${path}`, { headers });
  const [, response] = await once(socket, "unexpected-response");
  let body = "";
  for await (const chunk of response) body += chunk;
  return { status: response.statusCode, headers: response.headers, body };
}

const heard = async ({ mf }) => (await mf.dispatchFetch("http://localhost/heard")).json();
/** Until the worker has heard so much. */
async function untilHeard(server, count) {
  for (;;) {
    const events = await heard(server);
    if (events.length >= count) return events;
    await new Promise((resolve) => setImmediate(resolve));
  }
}

test("a client exchanges text and bytes with the worker", async (t) => {
  const { socket, until } = await open(t, await serve(t));
  socket.send("a");
  socket.send(Buffer.from([1, 2, 3]));
  socket.send("ü".repeat(1000));
  assert.deepEqual(await until(3), ["echo a", [1, 2, 3], `echo ${"ü".repeat(1000)}`]);
});

test("messages of many sizes arrive whole", async (t) => {
  const { socket, until } = await open(t, await serve(t));
  const lengths = [0, 1, 125, 126, 127, 65_535, 65_536, 1_000_000];
  for (const length of lengths) socket.send("x".repeat(length));
  const messages = await until(lengths.length);
  assert.deepEqual(
    messages.map((text) => text.length - "echo ".length),
    lengths,
  );
});

test("a message in fragments arrives as one", async (t) => {
  const { socket, until } = await open(t, await serve(t));
  socket.send("a", { fin: false });
  socket.send("b", { fin: false });
  socket.send("c", { fin: true });
  assert.deepEqual(await until(1), ["echo abc"]);
});

test("a message may be in very many fragments, up to a limit", differs("it takes 16,384"), async (t) => {
  const server = await serve(t);
  /** A text of `count` frames, with an empty mask, past the library, which would write each of them by itself. */
  const send = (socket, count) => {
    const [first, middle, last] = [0x01, 0x00, 0x80].map((start) => Buffer.from([start, 0x81, 0, 0, 0, 0, 0x61]));
    socket._socket.write(Buffer.concat([first, ...Array.from({ length: count - 2 }, () => middle), last]));
  };
  const one = await open(t, server);
  send(one.socket, 65_537);
  const [echo] = await one.until(1);
  assert.equal(echo, `echo ${"a".repeat(65_537)}`);
  const other = await open(t, server);
  send(other.socket, 131_073);
  assert.equal((await other.closed)[0], 1008);
});

describe("messages are compressed", differs("it does not compress"), () => {
  const text = "the same again and again, ".repeat(2_000);
  /** How a client that asks for compression gets its text back: what was agreed on, and the bytes that came. */
  const exchange = async (t, options, ask = true) => {
    const { socket, until } = await open(t, await serve(t, options), "/", [], { perMessageDeflate: ask });
    const before = socket._socket.bytesRead;
    for (let count = 1; count <= 3; count++) {
      socket.send(text);
      assert.equal((await until(count)).at(-1), `echo ${text}`);
    }
    return { agreed: socket.extensions, bytes: socket._socket.bytesRead - before };
  };

  test("from the compatibility date on, for clients that ask for it", async (t) => {
    const { agreed, bytes } = await exchange(t, { compatibilityDate: "2023-08-15" });
    assert.equal(agreed, "permessage-deflate");
    assert.ok(bytes < text.length / 10, `${bytes} bytes came`);
  });

  for (const [name, options, ask] of [
    ["before it", { compatibilityDate: "2023-08-14" }, true],
    [
      "with the opposite flag",
      { compatibilityDate: "2023-08-15", compatibilityFlags: ["no_web_socket_compression"] },
      true,
    ],
    ["for clients that do not ask", { compatibilityFlags: ["web_socket_compression"] }, false],
  ]) {
    test(`not ${name}`, async (t) => {
      const { agreed, bytes } = await exchange(t, options, ask);
      assert.equal(agreed, "");
      assert.ok(bytes > 3 * text.length, `${bytes} bytes came`);
    });
  }

  test("and are as long as they are without, for the limits", async (t) => {
    const { socket, closed } = await open(t, await serve(t, { compatibilityDate: "2023-08-15" }));
    socket.on("error", () => {});
    socket.send(Buffer.alloc(32 * 1024 * 1024 + 1));
    assert.equal((await closed)[0], 1009);
  });

  test("after setOptions, as these say", async (t) => {
    const server = await serve(t, { compatibilityDate: "2023-08-14" });
    assert.equal((await open(t, server)).socket.extensions, "");
    await server.mf.setOptions({ compatibilityDate: "2023-08-15" });
    assert.equal((await open(t, server)).socket.extensions, "permessage-deflate");
  });
});

test("a ping is answered", async (t) => {
  const { socket } = await open(t, await serve(t));
  socket.ping("data");
  const [data] = await once(socket, "pong");
  assert.equal(String(data), "data");
});

test("what the worker sends before the handshake arrives after it", async (t) => {
  const { until } = await open(t, await serve(t), "/early");
  assert.deepEqual(await until(2), ["1", "2"]);
});

test("the worker sees a request with its headers", async (t) => {
  const { response } = await open(t, await serve(t), "/headers");
  const { "x-upgrade": upgrade, "x-connection": connection, "x-key": key } = response.headers;
  assert.deepEqual([upgrade, connection, key], ["websocket", "null", "true"]);
});

test(
  "the worker's headers are added to the handshake",
  differs("it sends extensions that nothing was agreed for"),
  async (t) => {
    const { response, socket } = await open(t, await serve(t), "/own?protocol=chat", ["chat", "else"]);
    const { headers } = response;
    assert.equal(headers["x-own"], "yes");
    assert.equal(headers.upgrade, "websocket");
    assert.equal(headers.connection, "Upgrade");
    assert.notEqual(headers["sec-websocket-accept"], "no");
    assert.equal(headers["sec-websocket-extensions"], undefined);
    assert.deepEqual(headers["set-cookie"], ["a=1", "b=2; Expires=Wed, 21 Oct 2026 07:28:00 GMT"]);
    assert.equal(socket.protocol, "chat");
  },
);

test("a subprotocol is the worker's to choose", async (t) => {
  const { port } = await serve(t);
  const socket = new WebSocket(`ws://127.0.0.1:${port}/`, ["chat"]);
  const [error] = await once(socket, "error");
  assert.match(error.message, /Server sent no subprotocol/);
});

test("the worker answers before the handshake", async (t) => {
  const { until, socket } = await open(t, await serve(t), "/slow");
  socket.send("a");
  assert.deepEqual(await until(1), ["echo a"]);
});

test("the handshake does not wait for waitUntil", async (t) => {
  const { until, socket } = await open(t, await serve(t), "/wait");
  socket.send("a");
  assert.deepEqual(await until(1), ["echo a"]);
});

test("another status is the answer, as it is", async (t) => {
  const server = await serve(t, { liveReload: true });
  for (const status of [302, 304, 401, 404, 500, 503]) {
    const answer = await refused(server, `/${status}`);
    assert.equal(answer.status, status);
    assert.equal(answer.headers["x-own"], "yes");
    assert.equal(answer.body, status === 304 ? "" : "text");
  }
});

test("a success without a socket is an error of the worker", async (t) => {
  const log = new RecordingLog();
  const answer = await refused(await serve(t, { log }), "/200");
  assert.deepEqual([answer.status, answer.body], [500, ""]);
  const text = "Web Socket request did not return status 101 Switching Protocols response with Web Socket";
  assert.ok(
    linesOf(log).some((line) => line.includes(text)),
    linesOf(log).join("\n"),
  );
});

test("an error of the worker is answered with status 500", async (t) => {
  const log = new RecordingLog();
  const answer = await refused(await serve(t, { log }), "/throw");
  assert.equal(answer.status, 500);
  assert.ok(linesOf(log).some((line) => line.includes("from the worker")));
});

test("a socket that was accepted cannot be returned to a client", differs("the client sees silence"), async (t) => {
  const log = new RecordingLog();
  const answer = await refused(await serve(t, { log }), "/accepted");
  assert.equal(answer.status, 500);
  assert.match(answer.body, /Can't return WebSocket in a Response after calling accept\(\)/);
});

test("a handshake without a key is refused once the worker has answered", async (t) => {
  const { port } = await serve(t);
  const connection = await connect(t, port);
  connection.write(
    "GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\r\n",
  );
  const { status, body } = partsOf(await connection.closed());
  assert.deepEqual([status, body], [400, "Missing or invalid Sec-WebSocket-Key header"]);
});

test("the worker's close reaches the client, and the answer the worker", async (t) => {
  const server = await serve(t);
  const { socket, closed } = await open(t, server);
  socket.send("close");
  assert.deepEqual(await closed, [4000, "as asked"]);
  assert.deepEqual((await untilHeard(server, 1))[0], [4000, "as asked"]);
});

test("a close without a code has none", async (t) => {
  const server = await serve(t);
  const { socket, closed } = await open(t, server);
  socket.send("close without");
  assert.deepEqual(await closed, [1005, ""]);
});

test("a close with a code that no frame may have has none", differs("an uncaught exception"), async (t) => {
  const { socket, closed } = await open(t, await serve(t));
  socket.send("close undefined");
  assert.deepEqual(await closed, [1005, ""]);
});

test("the client's close reaches the worker", async (t) => {
  const server = await serve(t);
  const codes = [
    [1000, ""],
    [4321, "reason"],
    [undefined, undefined],
  ];
  for (const [code, reason] of codes) {
    const { socket, closed } = await open(t, server);
    socket.close(code, reason);
    await closed;
  }
  assert.deepEqual(await untilHeard(server, 3), [
    [1000, ""],
    [4321, "reason"],
    [1005, ""],
  ]);
});

test("a client that is gone has closed with 1006", async (t) => {
  const server = await serve(t);
  const { socket } = await open(t, server);
  socket.terminate();
  assert.deepEqual(await untilHeard(server, 1), [[1006, ""]]);
});

test("a frame that is invalid closes the connection, and the worker hears of both", async (t) => {
  const server = await serve(t);
  const { socket, closed } = await open(t, server);
  socket.on("error", () => {});
  socket._socket.write(Buffer.from([0xff, 0xff, 0xff, 0xff]));
  assert.equal((await closed)[0], 1002);
  const [error, close] = await untilHeard(server, 2);
  assert.match(error, /Invalid WebSocket frame/);
  assert.deepEqual(close, [1006, ""]);
});

test("a message that is too long closes the connection", differs("it takes 100 MiB"), async (t) => {
  const { socket, closed } = await open(t, await serve(t));
  socket.on("error", () => {});
  socket.send(Buffer.alloc(32 * 1024 * 1024 + 1));
  assert.equal((await closed)[0], 1009);
});

test("a reload closes the clients of the worker", async (t) => {
  const server = await serve(t);
  const clients = [await open(t, server), await open(t, server)];
  await server.mf.reload();
  for (const { closed } of clients) assert.deepEqual(await closed, [1012, "Service Restart"]);
  const { socket, until } = await open(t, server);
  socket.send("a");
  assert.deepEqual(await until(1), ["echo a"]);
});

test("the end of the instance ends the connections", differs("they stay"), async (t) => {
  const server = await serve(t);
  const { closed } = await open(t, server);
  await server.mf.dispose();
  assert.equal((await closed)[0], 1006);
});

test("the log has a line for an upgrade", async (t) => {
  const log = new RecordingLog();
  const server = await serve(t, { log });
  await open(t, server, "/?query");
  await log.line(/GET \/\?query 101 Switching Protocols \(\d+\.\d+ms\)$/);
});

test("a request that asks for no upgrade gets no socket", differs("the client waits"), async (t) => {
  const { port } = await serve(t);
  const response = await fetch(`http://127.0.0.1:${port}/`);
  assert.equal(response.status, 500);
  assert.match(await response.text(), /did not contain the header "Upgrade: websocket"/);
});

test("what a client does not read is bounded", differs("all of it is kept"), async (t) => {
  const server = await serve(t);
  const { socket, closed } = await open(t, server);
  socket.pause();
  socket.send("flood");
  const [text] = await untilHeard(server, 1);
  assert.match(text, /^WebSocket send\(\) was refused: [\d,]+ bytes wait for a peer that reads too slowly/);
  socket.resume();
  assert.deepEqual(await closed, [1013, "too slow"]);
});
