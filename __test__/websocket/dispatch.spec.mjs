// Tags: oracle, every-node
// Sockets that a worker returns: to the caller of dispatchFetch, through objects, services and mounts.

import assert from "node:assert/strict";
import { differs, create, Response } from "../support/miniflare.mjs";
import { turns } from "../support/dispatch.mjs";
import { RecordingLog } from "../support/log.mjs";
import { test } from "../support/test.mjs";

const ECHO = `
  const accept = (socket) => {
    socket.accept();
    socket.addEventListener("message", ({ data }) => socket.send(typeof data === "string" ? "echo " + data : data));
    socket.addEventListener("close", ({ code, reason }) => {
      if (socket.readyState !== WebSocket.READY_STATE_CLOSED) socket.close(code, reason);
    });
  };
  const respond = (prepare = () => {}) => {
    const [client, server] = Object.values(new WebSocketPair());
    accept(server);
    prepare(server);
    return new Response(null, { status: 101, webSocket: client, headers: { "X-Worker": "yes" } });
  };
`;
const script = `${ECHO}
export default {
  fetch(request) {
    const { pathname } = new URL(request.url);
    if (pathname === "/text") return new Response("text");
    if (pathname === "/early") return respond((server) => { server.send("1"); server.send("2"); server.close(4001, "soon"); });
    return respond();
  },
};`;

const WITH_UPGRADE = { headers: { Upgrade: "websocket" } };

/** The socket of a response, its messages gathered; `next()` resolves to the message that comes next. */
function gather(socket) {
  const events = [];
  let look = () => {};
  const add = (event) => {
    events.push(event);
    look();
  };
  socket.addEventListener("message", ({ data }) => add(data));
  socket.addEventListener("close", ({ code, reason }) => add({ code, reason }));
  socket.addEventListener("error", ({ error }) => add({ error }));
  const until = (count) =>
    new Promise((resolve) => {
      look = () => events.length >= count && resolve(events);
      look();
    });
  return { events, until };
}

async function open(mf, url = "http://localhost/") {
  const { webSocket } = await mf.dispatchFetch(url, WITH_UPGRADE);
  const { events, until } = gather(webSocket);
  webSocket.accept();
  return { socket: webSocket, events, until };
}

test("dispatchFetch gives the client's end, which waits to be accepted", async (t) => {
  const mf = create(t, { script });
  const response = await mf.dispatchFetch("http://localhost/", WITH_UPGRADE);
  assert.equal(response.status, 101);
  assert.equal(response.headers.get("x-worker"), "yes");
  assert.equal(response.body, null);
  const { webSocket } = response;
  assert.equal(webSocket.readyState, 1);
  assert.throws(() => webSocket.send("a"), {
    name: "TypeError",
    message: "You must call accept() on this WebSocket before sending messages.",
  });
  const { until } = gather(webSocket);
  webSocket.accept();
  webSocket.accept();
  webSocket.send("a");
  assert.deepEqual(await until(1), ["echo a"]);
});

test("a response without a socket has none", async (t) => {
  const mf = create(t, { script });
  assert.equal((await mf.dispatchFetch("http://localhost/text")).webSocket ?? null, null);
});

test("a request need not ask for an upgrade", async (t) => {
  const mf = create(t, { script });
  const { webSocket } = await mf.dispatchFetch("http://localhost/");
  const { until } = gather(webSocket);
  webSocket.accept();
  webSocket.send("a");
  assert.deepEqual(await until(1), ["echo a"]);
});

test("what was sent before comes when the socket is accepted, at once", async (t) => {
  const mf = create(t, { script });
  const { webSocket } = await mf.dispatchFetch("http://localhost/early", WITH_UPGRADE);
  await turns(5);
  assert.equal(webSocket.readyState, 2);
  const { events } = gather(webSocket);
  webSocket.accept();
  assert.deepEqual(events, ["1", "2", { code: 4001, reason: "soon" }]);
  assert.equal(webSocket.readyState, 2);
  webSocket.close();
  assert.equal(webSocket.readyState, 3);
});

test("bytes arrive as buffers, in both directions", async (t) => {
  const mf = create(t, { script });
  const { socket, until } = await open(mf);
  socket.send(new Uint8Array([1, 2, 3]).buffer);
  const [data] = await until(1);
  assert.deepEqual([...new Uint8Array(data)], [1, 2, 3]);
});

test("views arrive as buffers", differs("the view itself arrives"), async (t) => {
  const mf = create(t, { script });
  const { socket, until } = await open(mf);
  socket.send(new Uint8Array([0, 1, 2, 3]).subarray(1, 3));
  const [data] = await until(1);
  assert.ok(data instanceof ArrayBuffer);
  assert.deepEqual([...new Uint8Array(data)], [1, 2]);
});

test("messages keep their order, many of them", async (t) => {
  const mf = create(t, { script });
  const { socket, until } = await open(mf);
  const sent = Array.from({ length: 1000 }, (_, index) => `${index}`);
  for (const text of sent) socket.send(text);
  assert.deepEqual(
    await until(1000),
    sent.map((text) => `echo ${text}`),
  );
});

test("a close is answered, and both ends are closed then", async (t) => {
  const mf = create(t, { script });
  const { socket, until } = await open(mf);
  socket.close(4000, "enough");
  assert.equal(socket.readyState, 2);
  assert.deepEqual(await until(1), [{ code: 4000, reason: "enough" }]);
  assert.equal(socket.readyState, 3);
  assert.throws(() => socket.close(), { message: "WebSocket already closed" });
  assert.throws(() => socket.send("a"), { message: "Can't call WebSocket send() after close()." });
});

test("the response of a socket has no clone", async (t) => {
  const mf = create(t, { script });
  const response = await mf.dispatchFetch("http://localhost/", WITH_UPGRADE);
  assert.throws(() => response.clone(), { message: "Cannot clone a response to a WebSocket handshake." });
});

test("a socket in Node is a WebSocket like that of the worker", differs("its class is not exported so"), async (t) => {
  const mf = create(t, { script });
  const { WebSocket } = await import("../../doors/web-sockets.mjs");
  const { webSocket } = await mf.dispatchFetch("http://localhost/", WITH_UPGRADE);
  assert.ok(webSocket instanceof WebSocket);
  assert.ok(webSocket instanceof EventTarget);
});

test("a socket that its worker has accepted itself stays there", async (t) => {
  const mf = create(t, {
    script: `export default { fetch() {
      const [client, server] = Object.values(new WebSocketPair());
      client.accept();
      server.accept();
      server.addEventListener("message", ({ data }) => server.send("echo " + data));
      return new Response(null, { status: 101, webSocket: client });
    } };`,
  });
  const { socket, until } = await open(mf);
  socket.send("a");
  assert.deepEqual(await until(1), ["echo a"]);
});

test("sockets pass through objects", async (t) => {
  const mf = create(t, {
    script: `${ECHO}
      export class Room { fetch() { return respond(); } }
      export default { fetch: (request, env) => env.ROOM.get(env.ROOM.idFromName("a")).fetch(request) };`,
    durableObjects: { ROOM: "Room" },
  });
  const { socket, until } = await open(mf);
  socket.send("a");
  assert.deepEqual(await until(1), ["echo a"]);
  const namespace = await mf.getDurableObjectNamespace("ROOM");
  const { webSocket } = await namespace.get(namespace.newUniqueId()).fetch("http://localhost/", WITH_UPGRADE);
  const outside = gather(webSocket);
  webSocket.accept();
  webSocket.send("b");
  assert.deepEqual(await outside.until(1), ["echo b"]);
});

test("a worker uses the socket of its object", async (t) => {
  const mf = create(t, {
    script: `${ECHO}
      export class Room { fetch() { return respond(); } }
      export default { async fetch(request, env) {
        const { webSocket } = await env.ROOM.get(env.ROOM.idFromName("a")).fetch(request);
        webSocket.accept();
        const answer = new Promise((resolve) => webSocket.addEventListener("message", ({ data }) => resolve(data)));
        webSocket.send("a");
        return new Response(await answer);
      } };`,
    durableObjects: { ROOM: "Room" },
  });
  assert.equal(await (await mf.dispatchFetch("http://localhost/", WITH_UPGRADE)).text(), "echo a");
});

const MOUNTS = {
  modules: true,
  script: `export default {
    async fetch(request, env) {
      const response = await env.SERVICE.fetch(request);
      if (new URL(request.url).pathname === "/through") return response;
      const { webSocket } = response;
      const answer = new Promise((resolve) => webSocket.addEventListener("message", ({ data }) => resolve(data)));
      webSocket.accept();
      webSocket.send("a");
      return new Response(await answer);
    },
  };`,
  serviceBindings: { SERVICE: "mounted" },
  mounts: { mounted: { modules: true, script } },
};

test("sockets pass through mounts, by service bindings", async (t) => {
  const mf = create(t, MOUNTS);
  assert.equal(await (await mf.dispatchFetch("http://localhost/", WITH_UPGRADE)).text(), "echo a");
  const { socket, until } = await open(mf, "http://localhost/through");
  socket.send("b");
  assert.deepEqual(await until(1), ["echo b"]);
  socket.close(4000, "enough");
  assert.deepEqual(await until(2), ["echo b", { code: 4000, reason: "enough" }]);
});

test("a function in Node answers with a socket", differs("its classes are in another package"), async (t) => {
  const { WebSocketPair } = await import("../../doors/web-sockets.mjs");
  const mf = create(t, {
    ...MOUNTS,
    mounts: {},
    serviceBindings: {
      SERVICE() {
        const [client, server] = Object.values(new WebSocketPair());
        server.accept();
        server.addEventListener("message", ({ data }) => server.send(`node ${data}`));
        server.send("early");
        return new Response(null, { status: 101, webSocket: client });
      },
    },
  });
  assert.equal(await (await mf.dispatchFetch("http://localhost/", WITH_UPGRADE)).text(), "early");
  const { socket, until } = await open(mf, "http://localhost/through");
  socket.send("b");
  assert.deepEqual(await until(2), ["early", "node b"]);
});

test("a reload closes the sockets of the worker", differs("they go on with the old worker"), async (t) => {
  const mf = create(t, { script });
  const { socket, until } = await open(mf);
  socket.send("a");
  await until(1);
  await mf.reload();
  assert.deepEqual(await until(2), ["echo a", { code: 1012, reason: "Service Restart" }]);
  socket.send("to nobody");
  socket.close();
  assert.equal(socket.readyState, 3);
});

test("the end of an instance closes its sockets with an error", differs("they go on"), async (t) => {
  const mf = create(t, { script });
  const { socket, until } = await open(mf);
  await mf.dispose();
  const [{ error }, close] = await until(2);
  assert.equal(error.code, "ERR_DISPOSED");
  assert.deepEqual(close, { code: 1006, reason: "" });
  assert.doesNotThrow(() => socket.send("to nobody"));
});

test("a socket that was not accepted before the reload says so", differs("it goes on"), async (t) => {
  const mf = create(t, { script });
  const { webSocket } = await mf.dispatchFetch("http://localhost/", WITH_UPGRADE);
  await mf.reload();
  assert.equal(webSocket.readyState, 3);
  assert.throws(() => webSocket.accept(), { code: "ERR_RELOADED" });
});

test(
  "a listener that throws does not stop the next, and the error is reported",
  differs("the process ends"),
  async (t) => {
    const script = `export default { fetch() {
    const [client, server] = Object.values(new WebSocketPair());
    server.accept();
    server.addEventListener("message", () => { throw new Error("from a listener"); });
    server.addEventListener("message", ({ data }) => server.send("next " + data));
    return new Response(null, { status: 101, webSocket: client });
  } };`;
    const log = new RecordingLog();
    const mf = create(t, { script, log, logUnhandledRejections: true });
    const { socket, until } = await open(mf);
    socket.send("a");
    assert.deepEqual(await until(1), ["next a"]);
    await turns(3);
    assert.match(log.lines.join("\n"), /from a listener/);
  },
);

test("a send to a peer that does not read is refused at a limit", differs("all of it is kept"), async (t) => {
  const script = `export default { fetch() {
    const [client, server] = Object.values(new WebSocketPair());
    server.accept();
    const bytes = new Uint8Array(16 * 1024 * 1024);
    let sent = 0;
    try {
      for (; sent < 20; sent++) server.send(bytes);
    } catch (error) {
      return new Response(sent + " " + error.message);
    }
    return new Response("sent all");
  } };`;
  const mf = create(t, { script, heapLimitMb: 512 });
  const text = await (await mf.dispatchFetch("http://localhost/")).text();
  assert.match(text, /^4 WebSocket send\(\) was refused: 67,108,864 bytes wait for a peer/);
});
