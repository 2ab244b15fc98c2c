// Tags: every-node
// The protocol between a worker's socket and its server: compression, fragments, pings, slow peers, and servers that break
// the rules. The tables of `npm run autobahn` have each rule; here is what a worker sees of them.

import { describe } from "node:test";
import assert from "node:assert/strict";
import { once } from "node:events";
import { deferred, evaluate, turns } from "../support/dispatch.mjs";
import { echo, frameOf, OPEN, serveByHand, serveSockets, switching } from "../support/socket-server.mjs";
import { test } from "../support/test.mjs";

const run = (t, body, options) => evaluate(t, `${OPEN}${body}`, options);

const LONG = "to be compressed ".repeat(5000);

describe("compression", () => {
  for (const [name, options] of [
    ["with the context of earlier messages", {}],
    ["without context", { serverNoContextTakeover: true, clientNoContextTakeover: true }],
    ["with small windows", { serverMaxWindowBits: 9, clientMaxWindowBits: 9 }],
    ["with a window that is too small to compress with", { clientMaxWindowBits: 8 }],
  ]) {
    test(`is agreed on ${name}`, async (t) => {
      const socket = deferred();
      const perMessageDeflate = { threshold: 0, ...options };
      const origin = await serveSockets(t, (one) => socket.resolve(echo(one)), { perMessageDeflate });
      const seen = await run(
        t,
        `const long = ${JSON.stringify(LONG)};
        const { ws, next, response } = await open("${origin}/");
        for (const message of [long, "short", long]) ws.send(message);
        const heard = [await next(), await next(), await next()].map(([, text]) => text === long || text);
        return [response.headers.get("sec-websocket-extensions").split(";")[0], heard];`,
      );
      assert.deepEqual(seen, ["permessage-deflate", [true, "short", true]]);
      const { _socket: stream } = await socket.promise;
      const isCompressed = options.clientMaxWindowBits !== 8;
      assert.equal(stream.bytesRead < LONG.length, isCompressed, `${stream.bytesRead} bytes`);
    });
  }

  test("is not used with a server that does not want it", async (t) => {
    const origin = await serveSockets(t, echo);
    const seen = await run(
      t,
      `const long = ${JSON.stringify(LONG)};
      const { ws, next, response } = await open("${origin}/");
      ws.send(long);
      return [response.headers.get("sec-websocket-extensions"), (await next())[1] === long];`,
    );
    assert.deepEqual(seen, [null, true]);
  });
});

describe("frames", () => {
  test("of a message may be several, with pings between them", async (t) => {
    const ponged = deferred();
    const origin = await serveSockets(t, (socket) => {
      socket.on("pong", (data) => ponged.resolve(`${data}`));
      socket.send("a", { fin: false });
      socket.ping("there?");
      socket.send("b", { fin: false });
      socket.send("c");
      socket.send(Buffer.from([1]), { fin: false });
      socket.send(Buffer.from([2]));
    });
    const seen = await run(t, `const { next } = await open("${origin}/"); return [await next(), await next()];`);
    assert.deepEqual(seen, [
      ["message", "abc"],
      ["message", [1, 2]],
    ]);
    assert.equal(await ponged.promise, "there?");
  });

  test("that arrive with the handshake, byte by byte, are read", async (t) => {
    const origin = await serveByHand(
      t,
      async (socket) => {
        for (const byte of [0x82, 0x02, 7, 8]) {
          await new Promise((resolve) => setImmediate(resolve));
          socket.write(Buffer.from([byte]));
        }
      },
      (accept) => Buffer.concat([Buffer.from(switching(accept)), Buffer.from([0x81, 0x01, 0x61])]),
    );
    const seen = await run(t, `const { next } = await open("${origin}/"); return [await next(), await next()];`);
    assert.deepEqual(seen, [
      ["message", "a"],
      ["message", [7, 8]],
    ]);
  });

  for (const [name, bytes, code] of [
    ["masked", [0x81, 0x81, 1, 2, 3, 4, 5], 1002],
    ["with reserved bits", [0xf1, 0x00], 1002],
    ["compressed though that was not agreed on", [0xc1, 0x00], 1002],
    ["with an opcode that is reserved", [0x83, 0x00], 1002],
    ["that continue nothing", [0x80, 0x00], 1002],
    ["with a ping that is too long", [0x89, 0x7e, 0, 126], 1002],
    ["with a fragmented close", [0x08, 0x00], 1002],
    ["with an invalid code", [0x88, 0x02, 0x03, 0xec], 1002],
    ["with text that is not UTF-8", [0x81, 0x02, 0xc3, 0x28], 1007],
    ["with a reason that is not UTF-8", [0x88, 0x03, 0x03, 0xe8, 0xff], 1007],
    ["with a message of more than 32 MiB", [0x82, 0x7f, 0, 0, 0, 0, 2, 0, 0, 1], 1009],
  ]) {
    test(`${name} fail the connection with ${code}`, async (t) => {
      const answered = deferred();
      const origin = await serveByHand(t, async (socket, received) => {
        socket.write(Buffer.from([0x81, 0x01, 0x61, ...bytes]));
        const [first, payload] = frameOf(await received(8));
        answered.resolve([first, payload.readUInt16BE(0)]);
      });
      const [message, error, close] = await run(t, `return (await open("${origin}/")).rest();`);
      assert.deepEqual(
        [message, close],
        [
          ["message", "a"],
          ["close", 1006, ""],
        ],
      );
      assert.equal(error[0], "error");
      assert.match(error[1], /frame|message|text/);
      assert.deepEqual(await answered.promise, [0x88, code]);
    });
  }
});

describe("a handshake", () => {
  for (const [name, head, expected] of [
    ["with another key", () => switching("bm9uZQ=="), /"Sec-WebSocket-Accept": expected ".{28}", got "bm9uZQ=="/],
    [
      "with an extension",
      (accept) => switching(accept, "Sec-WebSocket-Extensions: x-own\r\n"),
      /"x-own" was not offered/,
    ],
    [
      "with a subprotocol",
      (accept) => switching(accept, "Sec-WebSocket-Protocol: own\r\n"),
      /"Sec-WebSocket-Protocol": expected none, .* got "own"/,
    ],
    [
      "to another protocol",
      (accept) => switching(accept).replace("websocket", "h2c"),
      /"Upgrade": expected "websocket", got "h2c"/,
    ],
  ]) {
    test(`that was not asked for is refused: ${name}`, async (t) => {
      const closed = deferred();
      const origin = await serveByHand(t, (socket) => socket.on("close", closed.resolve), head);
      const [code, message] = await run(t, `return open("${origin}/").catch((error) => [error.code, error.message]);`);
      assert.equal(code, "ERR_WEBSOCKET_HANDSHAKE");
      assert.match(message, expected);
      await closed.promise;
    });
  }

  test("that breaks off has a reason", async (t) => {
    const origin = await serveByHand(
      t,
      (socket) => socket.destroy(),
      () => "HTTP/1.1 101 Swi",
    );
    const [code, message] = await run(t, `return open("${origin}/").catch((error) => [error.code, error.message]);`);
    assert.equal(code, "UND_ERR_SOCKET");
    assert.match(message, /other side closed/);
  });
});

describe("a peer that is slow", () => {
  const MEGABYTE = 1024 * 1024;

  test("as a server gets no more than 16 MiB ahead, and the worker gets an error", async (t) => {
    let server;
    let received = 0;
    const origin = await serveSockets(t, (socket) => {
      server = socket;
      socket.pause();
      socket.on("message", (data) => {
        received += data.length;
      });
    });
    const [sent, message, heard] = await run(
      t,
      `const { ws, rest } = await open("${origin}/");
      const megabyte = new Uint8Array(${MEGABYTE});
      for (let sent = 0; ; sent++) {
        try {
          ws.send(megabyte);
        } catch (error) {
          env.resume();
          ws.close(1000);
          return [sent, error.message, await rest()];
        }
        await new Promise((resolve) => setTimeout(resolve));
      }`,
      { bindings: { resume: () => server.resume() } },
    );
    assert.match(message, /16,777,216/);
    assert.deepEqual(heard, [["close", 1000, ""]]);
    assert.ok(sent >= 16, `${sent}`);
    assert.equal(received, sent * MEGABYTE);
  });

  test("as a worker is not read ahead, and gets everything in order", async (t) => {
    const COUNT = 64;
    const socket = deferred();
    const origin = await serveSockets(t, socket.resolve);
    const go = deferred();
    const answer = run(
      t,
      `const { webSocket } = await fetch("${origin}/", { headers: { Upgrade: "websocket" } });
      await env.go();
      const heard = [];
      const closed = new Promise((resolve) => webSocket.addEventListener("close", resolve));
      webSocket.addEventListener("message", ({ data }) => heard.push([new Uint8Array(data)[0], data.byteLength]));
      webSocket.accept();
      await closed;
      return heard;`,
      { bindings: { go: () => go.promise } },
    );
    const server = await socket.promise;
    for (let number = 0; number < COUNT; number++) server.send(Buffer.alloc(MEGABYTE, number));
    server.close(1000);
    await turns(2000);
    const waits = server.bufferedAmount;
    go.resolve();
    const seen = await answer;
    assert.ok(waits > (COUNT / 2) * MEGABYTE, `${waits} bytes wait`);
    assert.deepEqual(
      seen,
      Array.from({ length: COUNT }, (_, number) => [number, MEGABYTE]),
    );
  });
});

test("a socket that is dropped by its server in a message is lost", async (t) => {
  const origin = await serveByHand(t, (socket) => socket.end(Buffer.from([0x81, 0x05, 0x61])));
  assert.deepEqual(await run(t, `return (await open("${origin}/")).rest();`), [["close", 1006, ""]]);
});

test("many sockets and messages at once keep their order", async (t) => {
  const origin = await serveSockets(t, echo);
  const seen = await run(
    t,
    `const talk = async (name) => {
      const { ws, next } = await open("${origin}/");
      for (let number = 0; number < 200; number++) ws.send(name + " " + number);
      for (let number = 0; number < 200; number++) {
        const [, text] = await next();
        if (text !== name + " " + number) return text;
      }
      ws.close(1000);
      return (await next())[1];
    };
    return Promise.all(Array.from({ length: 40 }, (_, name) => talk(name)));`,
  );
  assert.deepEqual(seen, Array(40).fill(1000));
});

test("a close waits for the answer of the server", async (t) => {
  const socket = deferred();
  const origin = await serveByHand(t, (one, received) => socket.resolve([one, received]));
  const answer = run(t, `const { ws, rest } = await open("${origin}/"); ws.close(3000, "bye"); return rest();`);
  const [server, received] = await socket.promise;
  const [first, payload] = frameOf(await received(11));
  assert.deepEqual([first, payload.readUInt16BE(0), payload.toString("utf8", 2)], [0x88, 3000, "bye"]);
  server.write(Buffer.from([0x81, 0x01, 0x61, 0x88, 0x02, 0x0b, 0xb9]));
  assert.deepEqual(await answer, [
    ["message", "a"],
    ["close", 3001, ""],
  ]);
  const ended = once(server, "end");
  server.end();
  await ended;
});
