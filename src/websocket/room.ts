// WebSockets in a worker. All of it is a lazy script (`bundle.ts`), which is loaded with the first socket.
// @ts-nocheck

import { load, stub } from "ext:miniflare/realm/lazy.ts";

const SOCKETS = "ext:miniflare/websocket/bundle.ts";

const classes = stub(SOCKETS, [], ["WebSocket"]);
const kind = () => load(SOCKETS).kind;

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
