// Sockets that Durable Objects accept with `acceptWebSocket()`: their events, and what survives the eviction of the object.

import { describe } from "node:test";
import assert from "node:assert/strict";
import { once } from "node:events";
import WebSocket from "ws";
import { RecordingLog } from "../support/log.mjs";
import { rejection } from "../support/dispatch.mjs";
import { folder } from "../support/files.mjs";
import { evict, known, listen, open, room, UPGRADE, withRoom } from "../support/hibernation.mjs";
import { create } from "../support/miniflare.mjs";
import { test } from "../support/test.mjs";

/** Answers with the number of the life, and the message. */
const ECHO = `webSocketMessage(socket, message) {
  socket.send(this.life + " " + (typeof message === "string" ? message : [...new Uint8Array(message)]));
}`;
const CLOSES = `webSocketClose(socket, ...rest) { this.heard.push(rest); socket.close(rest[0], "reply"); }`;

describe("events of an accepted socket", () => {
  test("call the methods of the object, with the socket", async (t) => {
    const members = `
      webSocketMessage(socket, message) {
        socket.send(String(socket === this.state.getWebSockets()[0]) + " " + message.constructor.name);
      }
      ${CLOSES}`;
    const mf = withRoom(t, members, { compatibilityDate: "2026-04-01" });
    const { socket, until } = await open(mf);
    socket.send("text");
    socket.send(new Uint8Array([1, 2]));
    assert.deepEqual(await until(2), ["true String", "true ArrayBuffer"]);
    socket.close(4000, "enough");
    assert.deepEqual(await until(3), ["true String", "true ArrayBuffer", 4000]);
    assert.deepEqual(await known(mf), { life: 1, sockets: [], heard: [[4000, "enough", true]] });
  });

  test("do not reach listeners of the socket", async (t) => {
    const mf = withRoom(
      t,
      `
      async fetch() {
        const [client, server] = Object.values(new WebSocketPair());
        this.state.acceptWebSocket(server);
        server.addEventListener("message", () => server.send("listener"));
        return new Response(null, { status: 101, webSocket: client });
      }
      ${ECHO}`,
    );
    const { socket, until } = await open(mf);
    for (const text of ["a", "b"]) socket.send(text);
    assert.deepEqual(await until(2), ["1 a", "1 b"]);
  });

  test("are ignored without a method, and a close is replied to", async (t) => {
    const mf = withRoom(t, "");
    const { socket, until } = await open(mf);
    socket.send("a");
    socket.close(4001, "enough");
    assert.deepEqual(await until(1), [4001]);
    assert.deepEqual((await known(mf)).sockets, []);
  });

  test("are replied to after the method, with the compatibility flag", async (t) => {
    const mf = withRoom(t, "async webSocketClose(socket) { await this.storage.get('a'); socket.send('closing'); }", {
      compatibilityFlags: ["web_socket_auto_reply_to_close"],
    });
    const { socket, until } = await open(mf);
    socket.close(4001);
    assert.deepEqual(await until(2), ["closing", 4001]);
  });

  test("wait while the object uses its storage, and its answers until writes are safe", async (t) => {
    const durableObjectsPersist = folder(t);
    const mf = withRoom(
      t,
      `async webSocketMessage(socket) {
        const count = ((await this.storage.get("count")) ?? 0) + 1;
        this.storage.put("count", count);
        socket.send(String(count));
      }`,
      { durableObjectsPersist },
    );
    const clients = await Promise.all([open(mf), open(mf), open(mf)]);
    for (const { socket } of clients) for (let sent = 0; sent < 3; sent++) socket.send("count");
    const counts = await Promise.all(clients.map(({ until }) => until(3)));
    assert.deepEqual(
      counts
        .flat()
        .map(Number)
        .sort((a, b) => a - b),
      [1, 2, 3, 4, 5, 6, 7, 8, 9],
    );
  });

  test("overlap where the method awaits something else, and begin in order", async (t) => {
    const mf = withRoom(
      t,
      `async webSocketMessage(socket, message) {
        socket.send("begin " + message);
        if (message === "a") await new Promise((resolve) => (this.go = resolve));
        this.go?.();
        socket.send("end " + message);
      }`,
    );
    const { socket, until } = await open(mf);
    for (const text of ["a", "b"]) socket.send(text);
    const heard = await until(4);
    assert.deepEqual(
      heard.filter((text) => text.startsWith("begin")),
      ["begin a", "begin b"],
    );
    assert.deepEqual([...heard].sort(), ["begin a", "begin b", "end a", "end b"]);
    assert.ok(heard.indexOf("begin b") < heard.indexOf("end a"), heard.join());
  });

  test("wait for the constructor's blockConcurrencyWhile", async (t) => {
    const mf = withRoom(t, "webSocketMessage(socket) { socket.send(String(this.ready)); }", {
      begin: `state.blockConcurrencyWhile(async () => {
        await scheduler.wait(1);
        this.ready = (await state.storage.get("none")) === undefined;
      });`,
    });
    const { socket, until } = await open(mf);
    await evict(mf);
    socket.send("a");
    assert.deepEqual(await until(1), ["true"]);
  });

  test("that a method throws at are reported, and the socket stays", async (t) => {
    const log = new RecordingLog();
    const mf = withRoom(
      t,
      `async webSocketMessage(socket, message) {
        if (message === "throw") throw new RangeError("thrown");
        socket.send(message);
      }`,
      { log, logUnhandledRejections: true },
    );
    const { socket, until } = await open(mf);
    for (const text of ["throw", "after"]) socket.send(text);
    assert.deepEqual(await until(1), ["after"]);
    assert.match(log.having("[mf:err] ").join("\n"), /RangeError: thrown/);
  });
});

describe("an object that is evicted", () => {
  test("is constructed again by the next message, with its sockets, tags and attachments", async (t) => {
    const mf = withRoom(
      t,
      `webSocketMessage(socket, message) {
        if (message !== "known") socket.serializeAttachment({ message, at: new Date(0) });
        socket.send(JSON.stringify(this.known()));
      }`,
    );
    const [one, other] = [await open(mf, "?tag=x&tag=y"), await open(mf, "?tag=y")];
    one.socket.send("kept");
    await one.until(1);
    assert.equal(await evict(mf), true);
    assert.equal(await evict(mf), false);
    other.socket.send("known");
    const attachment = { message: "kept", at: new Date(0).toJSON() };
    const sockets = [
      ["y", null],
      ["x,y", attachment],
    ];
    assert.deepEqual((await other.until(1)).map(JSON.parse), [{ life: 2, sockets, heard: [] }]);
    assert.deepEqual((await known(mf, "?tag=y")).sockets, [...sockets].reverse());
    assert.deepEqual((await known(mf, "?tag=x")).sockets, [["x,y", attachment]]);
    assert.deepEqual((await known(mf, "?tag=z")).sockets, []);
  });

  test("knows its sockets in its constructor, as the same objects later", async (t) => {
    const mf = withRoom(t, "webSocketMessage(socket) { socket.send(String(this.before.includes(socket))); }", {
      begin: "this.before = state.getWebSockets();",
    });
    const { socket, until } = await open(mf);
    await evict(mf);
    socket.send("a");
    assert.deepEqual(await until(1), ["true"]);
  });

  test("gets messages that came before it in order, however often it is evicted", async (t) => {
    const mf = withRoom(t, ECHO);
    const { socket, until } = await open(mf);
    for (let life = 1; life <= 5; life++) {
      socket.send("a");
      socket.send("b");
      await until(2 * life);
      await evict(mf);
    }
    assert.deepEqual(
      await until(10),
      [1, 2, 3, 4, 5].flatMap((life) => [`${life} a`, `${life} b`]),
    );
  });

  test("hears of a close, too", async (t) => {
    const mf = withRoom(t, `${ECHO} ${CLOSES}`);
    const { socket, until } = await open(mf);
    await evict(mf);
    socket.close(4002, "bye");
    assert.deepEqual(await until(1), [4002]);
    assert.deepEqual(await known(mf), { life: 2, sockets: [], heard: [[4002, "bye", true]] });
  });

  test("finds what it has stored", async (t) => {
    const durableObjectsPersist = folder(t);
    const mf = withRoom(
      t,
      `async webSocketMessage(socket, message) {
        const messages = [...((await this.storage.get("messages")) ?? []), message];
        await this.storage.put("messages", messages);
        socket.send(messages.join());
      }`,
      { durableObjectsPersist },
    );
    const { socket, until } = await open(mf);
    for (const text of ["a", "b", "c"]) {
      socket.send(text);
      await until("abc".indexOf(text) + 1);
      await evict(mf);
    }
    assert.deepEqual(await until(3), ["a", "a,b", "a,b,c"]);
  });

  test("loses its sockets if they are to close", async (t) => {
    const mf = withRoom(t, ECHO);
    const { until } = await open(mf);
    const namespace = await mf.getDurableObjectNamespace("ROOM");
    const stub = namespace.get(namespace.idFromName("a"));
    assert.equal(await mf.evictDurableObject(stub, { webSockets: "close" }), true);
    assert.deepEqual(await until(1), [1006]);
    assert.deepEqual(await known(mf), { life: 2, sockets: [], heard: [] });
    const error = await rejection(mf.evictDurableObject(stub, { webSockets: "keep" }));
    assert.deepEqual(
      [error.name, error.message],
      ["TypeError", 'evictDurableObject() takes webSockets as "hibernate" or "close", got "keep" (string)'],
    );
  });

  test("loses its sockets if it cannot be constructed", async (t) => {
    const log = new RecordingLog();
    const mf = withRoom(t, ECHO, {
      begin: 'if (lives === 2) throw new RangeError("not now");',
      log,
      logUnhandledRejections: true,
    });
    const [one, other] = [await open(mf), await open(mf)];
    await evict(mf);
    one.socket.send("a");
    assert.deepEqual([await one.until(1), await other.until(1)], [[1006], [1006]]);
    assert.match(log.having("[mf:err] ").join("\n"), /RangeError: not now/);
    assert.deepEqual(await known(mf), { life: 3, sockets: [], heard: [] });
  });
});

describe("sockets are lost", () => {
  for (const [name, act] of Object.entries({
    "when the object aborts": "this.state.abort(new RangeError('given up'));",
    "when blockConcurrencyWhile fails":
      "await this.state.blockConcurrencyWhile(() => { throw new RangeError('given up'); });",
  })) {
    test(name, async (t) => {
      const mf = withRoom(
        t,
        `async fetch(request) {
          if (request.url.endsWith("/open")) {
            const [client, server] = Object.values(new WebSocketPair());
            this.state.acceptWebSocket(server);
            return new Response(null, { status: 101, webSocket: client });
          }
          ${act}
        }`,
      );
      const { until } = await open(mf);
      const error = await rejection(mf.dispatchFetch("http://localhost/"));
      assert.deepEqual([error.name, error.message], ["RangeError", "given up"]);
      assert.deepEqual(await until(1), [1006]);
    });
  }

  test("when the object aborts in a method, which is no error", async (t) => {
    const mf = withRoom(t, "webSocketMessage() { this.state.abort(); }");
    const { socket, until } = await open(mf);
    socket.send("a");
    assert.deepEqual(await until(1), [1006]);
    assert.deepEqual(await known(mf), { life: 2, sockets: [], heard: [] });
  });

  test("when a snapshot is restored", async (t) => {
    const mf = withRoom(t, ECHO);
    const restore = await mf.snapshotStorage();
    const { until } = await open(mf);
    await restore();
    assert.deepEqual(await until(1), [1006]);
  });

  test("with 1012 when the worker is loaded again, and another worker begins without them", async (t) => {
    const mf = withRoom(t, ECHO);
    const { until } = await open(mf);
    await evict(mf);
    await mf.reload();
    assert.deepEqual(await until(1), [1012]);
    assert.deepEqual(await known(mf), { life: 1, sockets: [], heard: [] });
  });

  test("with 1006 when the instance is disposed of", async (t) => {
    const mf = withRoom(t, ECHO);
    const { until } = await open(mf);
    await evict(mf);
    await mf.dispose();
    assert.deepEqual(await until(1), [1006]);
  });
});

describe("an automatic response", () => {
  const SETS = `${ECHO}
    async fetch(request) {
      const { pathname, searchParams } = new URL(request.url);
      const { state } = this;
      if (pathname === "/set") {
        const pair = searchParams.has("request") ? new WebSocketRequestResponsePair(searchParams.get("request"), "pong") : undefined;
        state.setWebSocketAutoResponse(pair);
      }
      if (pathname === "/open") {
        const [client, server] = Object.values(new WebSocketPair());
        state.acceptWebSocket(server);
        return new Response(null, { status: 101, webSocket: client });
      }
      const pair = state.getWebSocketAutoResponse();
      const times = state.getWebSockets().map((socket) => state.getWebSocketAutoResponseTimestamp(socket)?.getTime() ?? null);
      return Response.json([this.life, pair && [pair.request, pair.response], times]);
    }`;
  const asked = async (mf, path) => (await mf.dispatchFetch(`http://localhost${path}`)).json();

  test("is sent without the object, which stays evicted", async (t) => {
    const mf = withRoom(t, SETS);
    await mf.clock.set(1_000);
    const { socket, until } = await open(mf);
    assert.deepEqual(await asked(mf, "/set?request=ping"), [1, ["ping", "pong"], [null]]);
    await evict(mf);
    await mf.clock.set(5_000);
    for (const text of ["ping", "ping"]) socket.send(text);
    assert.deepEqual(await until(2), ["pong", "pong"]);
    assert.equal(await evict(mf), false);
    socket.send("ping ");
    assert.deepEqual(await until(3), ["pong", "pong", "2 ping "]);
    assert.deepEqual(await asked(mf, "/"), [2, ["ping", "pong"], [5_000]]);
  });

  test("is only for text, and ends when it is taken back", async (t) => {
    const mf = withRoom(t, SETS);
    const { socket, until } = await open(mf);
    await asked(mf, "/set?request=ping");
    socket.send(new TextEncoder().encode("ping"));
    assert.deepEqual(await asked(mf, "/set"), [1, null, [null]]);
    socket.send("ping");
    assert.deepEqual(await until(2), ["1 112,105,110,103", "1 ping"]);
  });
});

describe("the event timeout", () => {
  test("is by the instance's clock, and survives eviction", async (t) => {
    const log = new RecordingLog();
    const mf = withRoom(
      t,
      `
      webSocketMessage(socket, message) {
        const { state } = this;
        if (message === "set") state.setHibernatableWebSocketEventTimeout(500);
        socket.send(String(state.getHibernatableWebSocketEventTimeout()));
        return message === "wait" ? new Promise(() => {}) : undefined;
      }`,
      { log, logUnhandledRejections: true },
    );
    await mf.clock.set(0);
    const { socket, until } = await open(mf);
    socket.send("get");
    socket.send("set");
    assert.deepEqual(await until(2), ["null", "500"]);
    await evict(mf);
    socket.send("wait");
    assert.deepEqual(await until(3), ["null", "500", "500"]);
    const logged = () => log.having("[mf:err] ").join("\n");
    await mf.clock.advance(499);
    assert.equal(logged(), "");
    await mf.clock.advance(1);
    assert.match(logged(), /webSocketMessage\(\) of a Durable Object took longer than its event timeout of 500 ms/);
  });
});

describe("sockets of all kinds", () => {
  test("of a server's clients stay connected", async (t) => {
    const mf = withRoom(t, `${ECHO} ${CLOSES}`);
    const server = await mf.startServer({ port: 0, host: "127.0.0.1" });
    const client = new WebSocket(`ws://127.0.0.1:${server.address().port}/open?tag=a`);
    await once(client, "open");
    client.send("a");
    assert.equal(String((await once(client, "message"))[0]), "1 a");
    await evict(mf);
    client.send("b");
    assert.equal(String((await once(client, "message"))[0]), "2 b");
    await evict(mf);
    client.close(4003, "bye");
    const [code] = await once(client, "close");
    assert.equal(code, 4003);
    assert.deepEqual(await known(mf), { life: 3, sockets: [], heard: [[4003, "bye", true]] });
  });

  test("of a server's client that is gone have a close with 1006", async (t) => {
    const mf = withRoom(
      t,
      `told = new Promise((resolve) => (this.tell = resolve));
      async fetch(request) {
        if (request.url.endsWith("/heard")) return Response.json([await this.told, this.life]);
        const [client, server] = Object.values(new WebSocketPair());
        this.state.acceptWebSocket(server);
        return new Response(null, { status: 101, webSocket: client });
      }
      webSocketClose(socket, code, reason, wasClean) { this.tell([code, wasClean]); }`,
    );
    const server = await mf.startServer({ port: 0, host: "127.0.0.1" });
    const client = new WebSocket(`ws://127.0.0.1:${server.address().port}/open`);
    await once(client, "open");
    await evict(mf);
    client.terminate();
    assert.deepEqual(await (await mf.dispatchFetch("http://localhost/heard")).json(), [[1006, false], 2]);
  });

  test("of other workers, and to objects of other workers", async (t) => {
    const script = room(ECHO);
    const mf = create(t, {
      script: 'export default { fetch: (request, env) => env.ROOM.get(env.ROOM.idFromName("a")).fetch(request) };',
      durableObjects: { ROOM: { className: "Room", scriptName: "rooms" } },
      mounts: { rooms: { modules: true, script, durableObjects: { ROOM: "Room" } } },
    });
    const { socket, until } = await open(mf);
    socket.send("a");
    await until(1);
    await evict(mf);
    socket.send("b");
    assert.deepEqual(await until(2), ["1 a", "2 b"]);
  });

  test("between objects of one worker", async (t) => {
    const members = `${ECHO}
      async fetch(request) {
        const { pathname } = new URL(request.url);
        if (pathname === "/open") {
          const [client, server] = Object.values(new WebSocketPair());
          this.state.acceptWebSocket(server);
          return new Response(null, { status: 101, webSocket: client });
        }
        const other = this.env.ROOM.get(this.env.ROOM.idFromName("b"));
        const { webSocket } = await other.fetch("http://localhost/open", { headers: { Upgrade: "websocket" } });
        const heard = new Promise((resolve) => webSocket.addEventListener("message", ({ data }) => resolve(data)));
        webSocket.accept();
        webSocket.send("from a");
        return new Response(await heard);
      }`;
    const mf = withRoom(t, members, { begin: "this.env = env;" });
    assert.equal(await (await mf.dispatchFetch("http://localhost/", UPGRADE)).text(), "2 from a");
  });

  test("can be seen from Node within the object", async (t) => {
    const mf = withRoom(t, ECHO);
    const { until } = await open(mf, "?tag=x");
    const namespace = await mf.getDurableObjectNamespace("ROOM");
    const tags = await mf.runWithDurableObject(namespace.idFromName("a"), (_, state) => {
      const [socket] = state.getWebSockets();
      socket.send("from Node");
      return [...state.getTags(socket)];
    });
    assert.deepEqual(tags, ["x"]);
    assert.deepEqual(await until(1), ["from Node"]);
  });

  test("that code in Node has made can be accepted", async (t) => {
    const { WebSocketPair } = await import("../../doors/web-sockets.mjs");
    const mf = withRoom(t, ECHO);
    const namespace = await mf.getDurableObjectNamespace("ROOM");
    const [client, server] = Object.values(new WebSocketPair());
    await mf.runWithDurableObject(namespace.idFromName("a"), (_, state) => state.acceptWebSocket(server, ["node"]));
    const { socket, until } = listen(client);
    await evict(mf);
    socket.send("a");
    assert.deepEqual(await until(1), ["2 a"]);
    assert.deepEqual((await known(mf)).sockets, [["node", null]]);
  });
});

test("a simulation changes when messages come, not their order on a socket", async (t) => {
  const orders = new Set();
  for (let seed = 0; seed < 8; seed++) {
    const mf = withRoom(t, "webSocketMessage(socket, message) { this.heard.push(message); socket.send(message); }", {
      simulate: { seed },
    });
    const [one, other] = [await open(mf), await open(mf)];
    for (const number of [1, 2, 3]) {
      one.socket.send(`a${number}`);
      other.socket.send(`b${number}`);
    }
    assert.deepEqual(await one.until(3), ["a1", "a2", "a3"]);
    assert.deepEqual(await other.until(3), ["b1", "b2", "b3"]);
    orders.add((await known(mf)).heard.join());
  }
  assert.ok(orders.size > 1, [...orders].join("; "));
});
