// The types of `socket-kind.js`.

import type { WebSocket } from "../../index.d.ts";
import type { Kind } from "../membrane/kinds.js";
import type { SocketRealm, WebSockets } from "./web-socket.js";

/** The row for sockets of one realm. */
export function createSocketKind(
  realm: Pick<WebSockets, "endOf" | "socketOf"> & Pick<SocketRealm, "soon">,
): Required<Omit<Kind<WebSocket, []>, "named">>;
