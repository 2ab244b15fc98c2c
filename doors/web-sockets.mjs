// `miniflare-rs/web-sockets` as an ES module. The names are written out, so that each is an export to Node, bundlers and test runners.
import door from "../lib/node/web-sockets.js";

export const {
  CloseEvent,
  coupleWebSocket,
  ErrorEvent,
  MessageEvent,
  upgradingFetch,
  WebSocket,
  WebSocketPair,
  WebSocketPlugin,
} = door;
export default door;
