// What the realm asks of sockets (`room.ts`): a lazy script of its own, made of the modules that only this one imports.
export { heldOf, hold, isAccepted } from "ext:miniflare/websocket/hold.ts";
export { upgrade } from "ext:miniflare/websocket/outbound.ts";
export { endOf, kind, socketOf, WebSocket, WebSocketPair } from "ext:miniflare/websocket/worker-sockets.ts";
