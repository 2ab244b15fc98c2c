// Servers of WebSockets, for workers that connect: by the library `ws`, and by hand, where a server is to break the rules.

import { createHash } from "node:crypto";
import { once } from "node:events";
import { WebSocketServer } from "ws";
import { serveCounted, serveSocket, serveTls } from "./server.mjs";

/** What a worker's script begins with: `open(url, init)` connects by `fetch`, and `listen(socket)` has what a socket hears. */
export const OPEN = `
const shown = (data) => typeof data === "string" ? data : [...new Uint8Array(data)];
const listen = (ws) => {
  const events = [];
  let wake = () => {};
  const hear = (event) => { events.push(event); wake(); };
  ws.addEventListener("open", () => hear(["open"]));
  ws.addEventListener("message", ({ data }) => hear(["message", shown(data)]));
  ws.addEventListener("error", ({ error }) => hear(["error", error?.message ?? null]));
  ws.addEventListener("close", ({ code, reason }) => hear(["close", code, reason]));
  const next = async () => {
    while (events.length === 0) await new Promise((resolve) => { wake = resolve; });
    return events.shift();
  };
  const rest = async () => {
    const heard = [];
    do heard.push(await next()); while (heard.at(-1)[0] !== "close");
    return heard;
  };
  return { ws, next, rest };
};
const open = async (url, { headers, ...init } = {}) => {
  const response = await fetch(url, { ...init, headers: { Upgrade: "websocket", ...headers } });
  const socket = listen(response.webSocket);
  response.webSocket.accept();
  return { response, ...socket };
};
`;

/**
 * Serves sockets by `ws` until the test ends: `onSocket(socket, request)` gets each. Resolves to the origin by `http:`.
 */
export async function serveSockets(t, onSocket, options = {}) {
  const sockets = new WebSocketServer({ noServer: true, ...options });
  const { origin, server } = await serveCounted(t, (_, response) => response.writeHead(404).end("no socket here"));
  attach(server, sockets, onSocket);
  return origin;
}

function attach(server, sockets, onSocket) {
  server.on("upgrade", (request, stream, head) => {
    sockets.handleUpgrade(request, stream, head, (socket) => {
      socket.on("error", () => {});
      onSocket(socket, request);
    });
  });
}

/** The same over TLS; resolves to the origin by `https:`. */
export async function serveSocketsTls(t, onSocket, tls = {}) {
  const sockets = new WebSocketServer({ noServer: true });
  const { origin, server } = await serveTls(t, (_, response) => response.end(), tls);
  attach(server, sockets, onSocket);
  return origin;
}

export const echo = (socket) => socket.on("message", (data, isBinary) => socket.send(data, { binary: isBinary }));

const GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
export const acceptOf = (key) =>
  createHash("sha1")
    .update(key + GUID)
    .digest("base64");

/**
 * Serves connections by hand: each is answered with the head that `answer(accept)` gives, then `after(socket, received)` is
 * called, where `received(length)` resolves to all that has come since, once it has that length.
 */
export function serveByHand(t, after, answer = switching) {
  return serveSocket(t, async (socket) => {
    const [head] = await once(socket.setNoDelay(true), "data");
    const key = /sec-websocket-key: *(\S+)/i.exec(head.toString("latin1"))?.[1] ?? "";
    let all = Buffer.alloc(0);
    let look = () => {};
    socket.on("data", (chunk) => {
      all = Buffer.concat([all, chunk]);
      look();
    });
    const received = async (length) => {
      while (all.length < length) await new Promise((resolve) => (look = resolve));
      return all;
    };
    socket.write(answer(acceptOf(key)));
    after(socket, received);
  });
}

export const switching = (accept, more = "") =>
  `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n${more}\r\n`;

/** The first byte and the payload of a short frame of a client. */
export function frameOf(bytes) {
  const length = bytes[1] & 0x7f;
  const mask = bytes.subarray(2, 6);
  return [bytes[0], bytes.subarray(6, 6 + length).map((byte, index) => byte ^ mask[index % 4])];
}
