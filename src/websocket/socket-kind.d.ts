// The types of `socket-kind.js`.

import type { WebSocket } from "../../index.d.ts";
import type { Kind } from "../membrane/kinds.ts";
import type { SocketRealm, WebSockets } from "./web-socket.js";

/** The row for sockets of one realm. */
export function createSocketKind(
  realm: Pick<WebSockets, "endOf" | "socketOf"> &
    Pick<SocketRealm, "soon"> & {
      /** Told when a socket begins and ceases to await the other realm. */
      waiting(delta: number): void;
    },
): Required<Omit<Kind<WebSocket, []>, "named">>;
