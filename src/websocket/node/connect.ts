// Sockets that code in Node opens itself with `new WebSocket(url)`, by the library `ws`.

import { once } from "node:events";
import { WebSocket } from "../../node/server/web-socket-server.ts";
import { linkTo, listen } from "./couple.ts";
import type { Connection } from "../web-socket.ts";

/** Opens a connection. Frames that come with the handshake wait until the socket has it. */
async function connectTo(url: string, protocols: string[]): Promise<Connection> {
  const connection = new WebSocket(url, protocols);
  connection.once("open", () => connection.pause());
  await once(connection, "open");
  return {
    link: linkTo(connection),
    protocol: connection.protocol,
    extensions: connection.extensions,
    begin(end) {
      listen(connection, (event) => end.receive(event));
      connection.resume();
    },
  };
}

export { connectTo };
