// Objects that accept sockets with `acceptWebSocket()`, and sockets of clients with what they have heard.

import assert from "node:assert/strict";
import { create } from "./miniflare.mjs";

export const UPGRADE = { headers: { Upgrade: "websocket" } };

/**
 * A worker with a class `Room`. The paths of requests to its object: `/open?tag=a&tag=b` opens a socket, `/` returns what
 * the object knows. `lives` counts constructions; `members` are further members of the class, `begin` what its constructor ends with.
 */
export const room = (members = "", begin = "") => `
let lives = 0;
export class Room {
  constructor(state, env) {
    this.state = state;
    this.storage = state.storage;
    this.life = ++lives;
    this.heard = [];
    ${begin}
  }
  async fetch(request) {
    const { pathname, searchParams } = new URL(request.url);
    if (pathname !== "/open") return Response.json(this.known(searchParams.get("tag") ?? undefined));
    const [client, server] = Object.values(new WebSocketPair());
    this.state.acceptWebSocket(server, searchParams.getAll("tag"));
    return new Response(null, { status: 101, webSocket: client });
  }
  known(tag) {
    const { state, life, heard } = this;
    const sockets = state.getWebSockets(tag).map((socket) => [state.getTags(socket).join(), socket.deserializeAttachment()]);
    return { life, sockets, heard };
  }
  ${members}
}
export default { fetch(request, env) {
  const name = new URL(request.url).searchParams.get("object") ?? "a";
  return env.ROOM.get(env.ROOM.idFromName(name)).fetch(request);
} };`;

/** An instance with that worker. */
export const withRoom = (t, members, { begin, ...options } = {}) =>
  create(t, { durableObjects: { ROOM: "Room" }, script: room(members, begin), ...options });

/** What the object knows. */
export async function known(mf, query = "") {
  return (await mf.dispatchFetch(`http://localhost/${query}`)).json();
}

/** Accepts a socket; `heard` are its messages and the codes of its closes, `until(count)` resolves with so many. */
export function listen(socket) {
  const heard = [];
  let look = () => {};
  const hear = (event) => {
    heard.push(event);
    look();
  };
  socket.addEventListener("message", ({ data }) => hear(data));
  socket.addEventListener("close", ({ code }) => hear(code));
  socket.accept();
  const until = (count) =>
    new Promise((resolve) => {
      look = () => heard.length >= count && resolve(heard);
      look();
    });
  return { socket, heard, until };
}

/** Opens a socket of the object. */
export async function open(mf, query = "") {
  const { status, webSocket } = await mf.dispatchFetch(`http://localhost/open${query}`, UPGRADE);
  assert.equal(status, 101);
  return listen(webSocket);
}

/** Evicts the object of a name. */
export async function evict(mf, options = undefined, name = "a") {
  const namespace = await mf.getDurableObjectNamespace("ROOM");
  return mf.evictDurableObject(namespace.idFromName(name), options);
}
