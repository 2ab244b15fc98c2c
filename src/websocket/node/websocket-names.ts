// `miniflare-rs/web-sockets`: sockets without an instance, and their coupling with connections.

import { CloseEvent, ErrorEvent } from "../../node/env/interfaces.ts";
import { coupleWebSocket } from "./couple.ts";
import { WebSocket, WebSocketPair } from "./node-sockets.ts";
import { WebSocketPlugin } from "../../node/names/plugin-classes.ts";
import type * as contract from "../../../index.d.ts";

const { MessageEvent } = globalThis;

/** Loaded with the first call, as it needs what few suites use. */
async function upgradingFetch(
  input: contract.RequestInfo,
  init: contract.RequestInit | undefined = undefined,
): Promise<contract.Response> {
  const upgrading = require("./upgrading-fetch.ts") as typeof import("./upgrading-fetch.ts");
  return upgrading.upgradingFetch(input, init);
}

export {
  CloseEvent,
  coupleWebSocket,
  ErrorEvent,
  MessageEvent,
  upgradingFetch,
  WebSocket,
  WebSocketPair,
  WebSocketPlugin,
};
