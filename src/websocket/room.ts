// WebSockets in a worker. All of it is a lazy script (`bundle.ts`), which is loaded with the first socket.
// @ts-nocheck

import { load, stub } from "ext:miniflare/realm/lazy.ts";
import { seams } from "ext:miniflare/web/fetch-seams.ts";

const SOCKETS = "ext:miniflare/websocket/bundle.ts";

const classes = stub(SOCKETS, [], ["WebSocket"]);
const kind = () => load(SOCKETS).kind;

seams.upgrade = async (hop) => {
  const { socketOf, upgrade } = load(SOCKETS);
  const { answer, end } = await upgrade(hop);
  return { answer, webSocket: end === undefined ? null : socketOf(end) };
};

export const room = {
  name: "websocket",
  lazyGlobals: { [SOCKETS]: ["WebSocket", "WebSocketPair"] },
  kinds: [
    {
      kind: "webSocket",
      hasIdentity: true,
      is: (value) => value instanceof classes.WebSocket,
      encode: (socket) => kind().encode(socket),
      decode: (parts, membrane, number) => kind().decode(parts, membrane, number),
      ask: (socket, ...question) => kind().ask(socket, ...question),
    },
  ],
};
