// WebSockets of a server, and of a test that opens one itself, by the library `ws`; a file of its own in the package, as few
// need it.

export { WebSocket, WebSocketServer } from "ws";
