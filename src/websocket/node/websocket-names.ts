// `miniflare-rs/web-sockets`: sockets without an instance, and their coupling with connections.

import { CloseEvent, ErrorEvent } from "../../node/env/interfaces.ts";
import { coupleWebSocket } from "./couple.ts";
import { WebSocket, WebSocketPair } from "./node-sockets.ts";
import { WebSocketPlugin } from "../../node/names/plugin-classes.ts";

const { MessageEvent } = globalThis;

export { CloseEvent, coupleWebSocket, ErrorEvent, MessageEvent, WebSocket, WebSocketPair, WebSocketPlugin };
