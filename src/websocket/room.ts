// WebSockets in a worker. All of it is a lazy script (`bundle.ts`), which is loaded with the first socket.

import { load, stub } from "ext:miniflare/realm/lazy.ts";
import { seams } from "ext:miniflare/web/fetch-seams.ts";
import { sockets } from "ext:miniflare/web/socket-seams.ts";
import type { WebSocket } from "../../index.d.ts";

/** What the kind uses of the membrane, which is above this room. */
type Membrane = Parameters<ReturnType<typeof kind>["decode"]>[1];

declare module "../upstream.d.ts" {
  interface LazyScripts {
    "ext:miniflare/websocket/bundle.ts": typeof import("./bundle.ts");
  }
}

const SOCKETS = "ext:miniflare/websocket/bundle.ts";

const classes = stub(SOCKETS, [], ["WebSocket"]);
const kind = () => load(SOCKETS).kind;

seams.upgrade = async (hop) => {
  const { socketOf, upgrade } = load(SOCKETS);
  const { answer, end } = await upgrade(hop);
  return { answer, webSocket: end === undefined ? null : socketOf(end) };
};

sockets.isSocket = (value): value is object => value instanceof classes.WebSocket;
sockets.hold = (socket, hear) => load(SOCKETS).hold(socket, hear);
sockets.heldOf = (socket) => load(SOCKETS).heldOf(socket);
sockets.isAccepted = (socket) => load(SOCKETS).isAccepted(socket);

export const room = {
  name: "websocket",
  lazyGlobals: { [SOCKETS]: ["WebSocket", "WebSocketPair"] },
  kinds: [
    {
      kind: "webSocket",
      hasIdentity: true,
      is: (value: object) => value instanceof classes.WebSocket,
      encode: (socket: WebSocket) => kind().encode(socket),
      decode: (parts: [], membrane: Membrane, number?: number) => kind().decode(parts, membrane, number),
      ask: (socket: WebSocket, membrane: Membrane, ...question: [question: string, ...args: never[]]) =>
        kind().ask(socket, membrane, ...question),
      tell: (socket: WebSocket, events: string[]) => kind().tell(socket, events),
    },
  ],
};
