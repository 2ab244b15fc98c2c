// WebSockets of a server, by the library `ws`; a file of its own in the package, as few servers have any.

export { WebSocketServer } from "ws";
