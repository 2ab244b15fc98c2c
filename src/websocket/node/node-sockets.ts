// The sockets of Node's realm, over its events: the ends of pairs, and of what a worker has returned. Loaded with the first.

import { deserialize, serialize } from "node:v8";
import { waiting } from "../../node/binding/binding.ts";
import { queueMicrotask } from "../../node/env/adopt.ts";
import { CloseEvent, ErrorEvent } from "../../node/env/interfaces.ts";
import { adopt } from "../../node/names/names-realm.ts";
import { createSocketKind } from "../socket-kind.ts";
import { createWebSockets } from "../web-socket.ts";
import type { Connection } from "../web-socket.ts";

/** Loaded for the first socket that a test opens itself. */
async function connect(url: string, protocols: string[]): Promise<Connection> {
  const { connectTo } = require("./connect.ts") as typeof import("./connect.ts");
  return connectTo(url, protocols);
}

const { endOf, socketOf, WebSocket, WebSocketPair } = createWebSockets({
  Blob,
  CloseEvent,
  DOMException,
  ErrorEvent,
  Event,
  EventTarget,
  MessageEvent,
  URL,
  capture: () => (call) => void call(),
  soon: queueMicrotask,
  depart() {},
  connect,
  isEnabled: () => false,
  serialize,
  deserialize: (bytes) => adopt(deserialize(bytes)),
});

const kind = createSocketKind({ endOf, socketOf, soon: queueMicrotask, together: queueMicrotask, waiting });

export { endOf, kind, WebSocket, WebSocketPair };
