// Requests that ask for another protocol. Pages that reload get their WebSocket here, without the worker; the worker answers
// all others before the handshake.

import http from "node:http";
import type { IncomingMessage, Server } from "node:http";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import type { WebSocket as Connection, WebSocketServer } from "ws";
import { OPTIONS } from "../instance/miniflare.ts";
import { enabledFlags } from "../options/compat.ts";
import { RELOAD_PATH } from "./live-reload.ts";
import type { WebSocket } from "../../../index.d.ts";
import type { RequestListener } from "./listener.ts";
import { textResponse } from "./server.ts";

/** What has begun on the servers that have had an upgrade. */
const states = new WeakMap<Server, Upgrades>();

/** Answers the event "upgrade" of a server. */
export function upgrade(server: Server, listener: RequestListener, req: IncomingMessage, socket: Duplex, head: Buffer) {
  // A client that disconnects is not an error of the process.
  socket.on("error", () => socket.destroy());
  const isWebSocket = req.headers.upgrade?.toLowerCase() === "websocket";
  const path = (req.url as string).split("?", 1)[0];
  if (isWebSocket && path === RELOAD_PATH) return stateOf(server, listener).reload(req, socket, head);
  if (hasBody(req)) return refuse(req, socket, isWebSocket);
  const res = responseTo(req, socket as Socket);
  // A protocol that is not spoken here is not taken: HTTP/1.1 answers the request, as the standard has it.
  if (!isWebSocket) return void listener.listen(req, res);
  void listener.listen(req, res, {
    accept(webSocket, headers) {
      const state = stateOf(server, listener);
      state.check(webSocket);
      res.detachSocket(socket as Socket);
      return state.accept(req, socket, head, webSocket, headers);
    },
  });
}

function stateOf(server: Server, listener: RequestListener): Upgrades {
  let state = states.get(server);
  if (state === undefined) states.set(server, (state = new Upgrades(server, listener)));
  return state;
}

/** Ends the sockets of a server without a goodbye, so that pages try again until another server is there. */
export function closeSockets(server: Server): void {
  states.get(server)?.terminate();
}

const hasBody = ({ headers }: IncomingMessage) =>
  headers["content-length"] !== undefined || headers["transfer-encoding"] !== undefined;

function refuse(req: IncomingMessage, socket: Duplex, isWebSocket: boolean): void {
  if (isWebSocket) return void socket.end(textResponse("400 Bad Request", "A WebSocket handshake has no body."));
  const text = `This server does not speak ${req.headers.upgrade}: send the request without the header "Upgrade".`;
  socket.end(textResponse("501 Not Implemented", text));
}

/** The response to a request whose connection ends with it, unless it speaks WebSocket from then on. */
function responseTo(req: IncomingMessage, socket: Socket): http.ServerResponse {
  const res = new http.ServerResponse(req);
  res.shouldKeepAlive = false;
  res.assignSocket(socket);
  res.once("finish", () => socket.end());
  return res;
}

const RESTART = 1012;
/** Bytes of a message: <https://developers.cloudflare.com/workers/runtime-apis/websockets/> */
const MOST_BYTES = 32 * 1024 * 1024;
/** Frames of a message. Workers have no limit for them; each costs memory beside its bytes. */
const MOST_FRAGMENTS = 128 * 1024;
const BAD_REQUEST = 400;
const SWITCHING_PROTOCOLS = 101;
/** Headers of the handshake that the server itself writes, or that nothing has been agreed for. */
const OF_HANDSHAKE = new Set(["upgrade", "connection", "sec-websocket-accept", "sec-websocket-extensions"]);

const coupling = () => require("../../websocket/node/couple.ts") as typeof import("../../websocket/node/couple.ts");

/** The sockets of a server: of pages that wait for a reload, and of the worker. */
class Upgrades {
  #pages: WebSocketServer;
  /** Those without compression, and those with it. */
  #workers = new Map<boolean, WebSocketServer>();
  #mf: RequestListener["mf"];

  constructor(server: Server, { mf }: RequestListener) {
    const { WebSocketServer } = require("./web-socket-server.ts") as typeof import("./web-socket-server.ts");
    this.#pages = new WebSocketServer({ noServer: true, maxPayload: 1024 });
    this.#mf = mf;
    const restart = () => {
      for (const client of this.#clients()) client.close(RESTART, "Service Restart");
    };
    mf.addEventListener("reload", restart);
    server.once("close", () => mf.removeEventListener("reload", restart));
  }

  reload(req: IncomingMessage, socket: Duplex, head: Buffer): void {
    this.#pages.handleUpgrade(req, socket, head, (client) => client.on("error", () => client.terminate()));
  }

  /** @throws {TypeError} if the socket cannot be coupled with a connection */
  check(webSocket: WebSocket): void {
    coupling().freeEnd(webSocket);
  }

  /** Shakes hands with the client, and couples the connection with the worker's socket; the status of the answer. */
  accept(req: IncomingMessage, socket: Duplex, head: Buffer, webSocket: WebSocket, headers: string): number {
    let client: Connection | undefined;
    const lines = headerLines(headers);
    const add = (all: string[]) => all.push(...lines);
    const workers = this.#workersWith(enabledFlags(this.#mf[OPTIONS]).includes("web_socket_compression"));
    workers.once("headers", add);
    workers.handleUpgrade(req, socket, head, (one) => {
      client = one;
    });
    workers.off("headers", add);
    if (client === undefined) {
      coupling().abandon(webSocket);
      return BAD_REQUEST;
    }
    this.#couple(client, webSocket, socket);
    return SWITCHING_PROTOCOLS;
  }

  async #couple(client: Connection, webSocket: WebSocket, socket: Duplex): Promise<void> {
    try {
      await coupling().couple(client, webSocket, socket);
    } catch (error) {
      client.terminate();
      this.#mf.log.error(error as Error);
    }
  }

  terminate(): void {
    for (const client of this.#clients()) client.terminate();
  }

  /** What speaks with the clients of the worker. */
  #workersWith(perMessageDeflate: boolean): WebSocketServer {
    const known = this.#workers.get(perMessageDeflate);
    if (known !== undefined) return known;
    const { WebSocketServer } = require("./web-socket-server.ts") as typeof import("./web-socket-server.ts");
    const made = new WebSocketServer({
      noServer: true,
      perMessageDeflate,
      maxPayload: MOST_BYTES,
      maxFragments: MOST_FRAGMENTS,
      // Subprotocols are for the worker to agree to.
      handleProtocols: () => false,
    });
    this.#workers.set(perMessageDeflate, made);
    return made;
  }

  /** All that are connected. */
  #clients(): Connection[] {
    return [this.#pages, ...this.#workers.values()].flatMap(({ clients }) => [...clients]);
  }
}

/** The headers of the worker's response, a line each; `flat` is described by `src/web/header-text.ts`. */
function headerLines(flat: string): string[] {
  const parts = flat === "" ? [] : flat.split("\n");
  const lines: string[] = [];
  for (let index = 0; index < parts.length; index += 2) {
    const name = parts[index] as string;
    if (!OF_HANDSHAKE.has(name)) lines.push(`${name}: ${parts[index + 1]}`);
  }
  return lines;
}
