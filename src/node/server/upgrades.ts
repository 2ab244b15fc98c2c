// Requests that ask for another protocol. Pages that reload get their WebSocket here, without the worker; of the worker's own
// there are none yet.

import http from "node:http";
import type { IncomingMessage, Server } from "node:http";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import type { WebSocketServer } from "ws";
import { RELOAD_PATH } from "./live-reload.ts";
import type { RequestListener } from "./listener.ts";
import { textResponse } from "./server.ts";

/** What has begun on the servers that have had an upgrade. */
const states = new WeakMap<Server, Upgrades>();

/** Answers the event "upgrade" of a server. */
export function upgrade(server: Server, listener: RequestListener, req: IncomingMessage, socket: Duplex, head: Buffer) {
  // A client that goes away is none of the process's errors.
  socket.on("error", () => socket.destroy());
  if (req.headers.upgrade?.toLowerCase() !== "websocket") return answerWithout(listener, req, socket as Socket);
  const path = (req.url as string).split("?", 1)[0];
  if (path !== RELOAD_PATH) {
    const text = "miniflare-rs has no WebSockets yet: a worker cannot accept this upgrade.";
    return void socket.end(textResponse("501 Not Implemented", text));
  }
  let state = states.get(server);
  if (state === undefined) states.set(server, (state = new Upgrades(server, listener)));
  state.reload(req, socket, head);
}

/** Ends the sockets of a server without a goodbye, so that pages try again until another server is there. */
export function closeSockets(server: Server): void {
  states.get(server)?.terminate();
}

/** A protocol that is not spoken here is not taken; the request is answered by HTTP/1.1, as the standard has it. */
function answerWithout(listener: RequestListener, req: IncomingMessage, socket: Socket): void {
  const hasBody = req.headers["content-length"] !== undefined || req.headers["transfer-encoding"] !== undefined;
  if (hasBody) {
    const text = `This server does not speak ${req.headers.upgrade}: send the request without the header "Upgrade".`;
    return void socket.end(textResponse("501 Not Implemented", text));
  }
  const res = new http.ServerResponse(req);
  res.shouldKeepAlive = false;
  res.assignSocket(socket);
  res.once("finish", () => socket.end());
  void listener.listen(req, res);
}

const RESTART = 1012;

/** The sockets of pages that wait for a reload. */
class Upgrades {
  #sockets: WebSocketServer;

  constructor(server: Server, { mf }: RequestListener) {
    const { WebSocketServer } = require("./web-socket-server.ts") as typeof import("./web-socket-server.ts");
    this.#sockets = new WebSocketServer({ noServer: true, maxPayload: 1024 });
    const restart = () => {
      for (const socket of this.#sockets.clients) socket.close(RESTART, "Service Restart");
    };
    mf.addEventListener("reload", restart);
    server.once("close", () => mf.removeEventListener("reload", restart));
  }

  reload(req: IncomingMessage, socket: Duplex, head: Buffer): void {
    this.#sockets.handleUpgrade(req, socket, head, (client) => client.on("error", () => client.terminate()));
  }

  terminate(): void {
    for (const socket of this.#sockets.clients) socket.terminate();
  }
}
