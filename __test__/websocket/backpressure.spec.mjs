// Senders that are faster than who receives: what waits is bounded, and nothing is lost.

import assert from "node:assert/strict";
import { once } from "node:events";
import WebSocket from "ws";
import { start } from "../support/http-server.mjs";
import { serveSockets } from "../support/socket-server.mjs";
import { test } from "../support/test.mjs";

const MEGABYTE = 1024 * 1024;
const MESSAGES = 64;
/** What may have left a sender that is held back: what waits in the process, and the buffers of the two systems. */
const MOST_READ = 40 * MEGABYTE;
/** Turns of the event loop without progress, after which a sender counts as held back. */
const STILL = 500;

const turn = () => new Promise((resolve) => setImmediate(resolve));

/** Resolves when a number no longer changes, or is beyond `most`. */
async function settled(read, most) {
  let value = read();
  for (let still = 0; still < STILL && value <= most; still++) {
    await turn();
    if (read() !== value) still = 0;
    value = read();
  }
  return value;
}

async function open(t, url) {
  const socket = new WebSocket(url, { perMessageDeflate: false });
  t.after(() => socket.terminate());
  await once(socket, "open");
  return socket;
}

/** Sends messages of a megabyte each; `left()` is how many bytes have left the process's queue. */
function flood(socket) {
  for (let index = 0; index < MESSAGES; index++) socket.send(new Uint8Array(MEGABYTE).fill(index));
  return () => MESSAGES * MEGABYTE - socket.bufferedAmount;
}

const GATED = `
let open;
const opened = new Promise((resolve) => (open = resolve));
export class Room {
  constructor(state) { this.state = state; }
  fetch() {
    const [client, server] = Object.values(new WebSocketPair());
    server.accept();
    const heard = [];
    server.addEventListener("message", ({ data }) => {
      if (typeof data === "string") this.state.blockConcurrencyWhile(() => opened);
      else heard.push(new Uint8Array(data)[0]);
      if (heard.length === ${MESSAGES}) server.send(heard.join());
    });
    return new Response(null, { status: 101, webSocket: client });
  }
}
export default { fetch(request, env) {
  if (!request.url.endsWith("/open")) return env.ROOM.get(env.ROOM.idFromName("a")).fetch(request);
  open();
  return new Response(null);
} };`;

test("a client is not read while the gate of an object holds its messages", async (t) => {
  const { mf, port } = await start(t, { script: GATED, modules: true, durableObjects: { ROOM: "Room" } });
  const socket = await open(t, `ws://127.0.0.1:${port}/`);
  const answer = once(socket, "message");
  socket.send("block");
  const left = await settled(flood(socket), MOST_READ);
  assert.ok(left <= MOST_READ, `${left} bytes were read`);
  await mf.dispatchFetch("http://localhost/open");
  const [heard] = await answer;
  assert.equal(String(heard), Array.from({ length: MESSAGES }, (_, index) => index).join());
});

test("a client that is held back hears of a reload", async (t) => {
  const { mf, port } = await start(t, { script: GATED, modules: true, durableObjects: { ROOM: "Room" } });
  const socket = await open(t, `ws://127.0.0.1:${port}/`);
  socket.send("block");
  await settled(flood(socket), MOST_READ);
  const closed = once(socket, "close");
  await mf.reload();
  assert.equal((await closed)[0], 1012);
});

test("a server is not read while the client that a worker passes it on to does not read", async (t) => {
  let upstream;
  const origin = await serveSockets(t, (socket) => (upstream = socket), { perMessageDeflate: false });
  const script = `export default { fetch: (request) => fetch("${origin}/", request) };`;
  const { port } = await start(t, { script, modules: true });
  const socket = await open(t, `ws://127.0.0.1:${port}/`);
  socket.pause();
  const left = await settled(flood(upstream), MOST_READ);
  assert.ok(left <= MOST_READ, `${left} bytes were read`);
  const heard = [];
  const all = new Promise((resolve) => {
    socket.on("message", (data) => heard.push(data[0]) === MESSAGES && resolve());
  });
  socket.resume();
  await all;
  assert.deepEqual(
    heard,
    Array.from({ length: MESSAGES }, (_, index) => index),
  );
});
