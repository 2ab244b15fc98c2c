// `miniflare-rs/web-sockets`: sockets without an instance, and their coupling with connections.

import { CloseEvent as OwnCloseEvent, ErrorEvent as OwnErrorEvent } from "../../node/env/interfaces.ts";
import { coupleWebSocket } from "./couple.ts";
import { WebSocket, WebSocketPair } from "./node-sockets.ts";
import { WebSocketPlugin } from "../../node/names/plugin-classes.ts";

// Those of newer versions of Node are the ones that a suite knows as globals.
const { CloseEvent = OwnCloseEvent, ErrorEvent = OwnErrorEvent, MessageEvent } = globalThis;

export { CloseEvent, coupleWebSocket, ErrorEvent, MessageEvent, WebSocket, WebSocketPair, WebSocketPlugin };
