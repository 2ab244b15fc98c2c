// `miniflare-rs/web-sockets`: sockets without an instance, and their coupling with connections.

import { CloseEvent as OwnCloseEvent, ErrorEvent as OwnErrorEvent } from "../env/interfaces.ts";
import { coupleWebSocket } from "../../websocket/node/couple.ts";
import { WebSocket, WebSocketPair } from "../../websocket/node/node-sockets.ts";
import { WebSocketPlugin } from "./plugin-classes.ts";

// Those of newer versions of Node are the ones that a suite knows as globals.
const { CloseEvent = OwnCloseEvent, ErrorEvent = OwnErrorEvent, MessageEvent } = globalThis;

export { CloseEvent, coupleWebSocket, ErrorEvent, MessageEvent, WebSocket, WebSocketPair, WebSocketPlugin };
