// What the room of WebSockets adds to an instance in Node: sockets that cross from a worker, and to it.

import type { WebSocket } from "../../../index.d.ts";
import type { Kind } from "../../membrane/kinds.ts";

const kind = () => (require("./node-sockets.ts") as typeof import("./node-sockets.ts")).kind;

const webSocket: Kind<WebSocket, []> = {
  kind: "webSocket",
  hasIdentity: true,
  named: ["WebSocket"],
  is: (value) => kind().is(value),
  encode: (socket) => kind().encode(socket),
  decode: (parts, membrane, number) => kind().decode(parts, membrane, number),
  ask: (socket, membrane, ...question: [question: string, ...args: never[]]) =>
    kind().ask(socket, membrane, ...question),
  tell: (socket, events: string[]) => kind().tell(socket, events),
};

const kinds: readonly Kind[] = [webSocket];

export { kinds };
