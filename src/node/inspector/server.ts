// The server that debuggers connect to, in a thread of its own: https://chromedevtools.github.io/devtools-protocol/#endpoints
// It passes the messages of the protocol on, to and from the thread that has the workers.

import http from "node:http";
import type net from "node:net";
import { parentPort, workerData } from "node:worker_threads";
import { WebSocketServer } from "../server/web-socket-server.ts";
import { Root } from "./root.ts";
import { isAllowed } from "./allowed.ts";
import { SIGNAL } from "./wire.ts";
import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import type { WebSocket } from "ws";
import type { Link, Targets } from "./root.ts";
import type { FromServer, ServerData, Started, TargetInfo, ToServer } from "./wire.ts";

const MOST_PORTS = 100;
/** https://www.rfc-editor.org/rfc/rfc6455#section-7.4.1 */
const GOING_AWAY = 1001;

const { host, port: firstPort, addon, messages, signal } = workerData as ServerData;
const { inspectorInterrupt } = require(addon) as { inspectorInterrupt(inspector: number): void };

/** By their ids. */
const targets = new Map<string, { info: TargetInfo; inspector: number | undefined }>();
const links = new Map<number, { target: string; take(text: string): void; close(): void }>();
const roots = new Set<Root>();
let nextSession = 1;

function send(message: FromServer): void {
  messages.postMessage(message);
  Atomics.add(signal, SIGNAL.SENT, 1);
  Atomics.notify(signal, SIGNAL.SENT);
}

const own: Targets = {
  list: () => [...targets.values()].map(({ info }) => info),
  /** Connects to a target; `take` gets its messages, and `closed` is called if it goes. */
  link(target, take, closed): Link {
    const number = nextSession++;
    const tell = (message: FromServer) => {
      send(message);
      const inspector = targets.get(target)?.inspector;
      if (inspector !== undefined) inspectorInterrupt(inspector);
    };
    links.set(number, { target, take, close: closed });
    tell(["open", number, target]);
    return {
      send: (text) => tell(["message", number, text]),
      close() {
        if (links.delete(number)) tell(["close", number]);
      },
    };
  },
};

messages.on("message", (message: ToServer) => {
  const [what] = message;
  if (what === "message") return links.get(message[1])?.take(message[2]);
  if (what === "gone") return removed(message[1]);
  if (what === "end") return end();
  const [, info, inspector] = message;
  const isNew = !targets.has(info.id);
  targets.set(info.id, { info, inspector });
  if (isNew) for (const root of roots) root.added(info);
});

function removed(id: string): void {
  targets.delete(id);
  for (const [number, link] of links) {
    if (link.target !== id) continue;
    links.delete(number);
    link.close();
  }
}

/** One worker is what a debugger wants that takes the first; of several, the root shows all. */
function listed(address: string): object[] {
  const root = { id: "", title: `miniflare-rs [${process.pid}]`, url: "" };
  const workers = own.list();
  const infos = workers.length === 1 ? [...workers, root] : [root, ...workers];
  return infos.map(({ id, title, url }) => {
    const at = `${address}/${encodeURIComponent(id)}`;
    return {
      id,
      type: "node",
      title,
      description: id === "" ? "all workers of the process" : "a worker of miniflare-rs",
      url,
      faviconUrl: "https://workers.cloudflare.com/favicon.ico",
      devtoolsFrontendUrl: `devtools://devtools/bundled/js_app.html?experiments=true&v8only=true&ws=${at}`,
      devtoolsFrontendUrlCompat: `devtools://devtools/bundled/inspector.html?experiments=true&v8only=true&ws=${at}`,
      webSocketDebuggerUrl: `ws://${at}`,
    };
  });
}

function answer(request: IncomingMessage, response: http.ServerResponse): void {
  const refused = isAllowed(request.headers, host);
  if (refused !== undefined) return void response.writeHead(403).end(refused);
  const place = pathOf(request)?.replace(/\/$/, "") ?? "";
  const value = valueAt(place, request.headers.host as string);
  if (value === undefined) return void response.writeHead(404).end();
  response.writeHead(200, { "content-type": "application/json; charset=utf-8", "cache-control": "no-cache" });
  response.end(JSON.stringify(value, null, 2));
}

/** The path that a request is for; undefined if it is malformed. */
function pathOf({ url = "/" }: IncomingMessage): string | undefined {
  try {
    return decodeURIComponent(new URL(url, "http://localhost").pathname);
  } catch {
    return undefined;
  }
}

function valueAt(pathname: string, address: string): object | undefined {
  if (pathname === "/json" || pathname === "/json/list") return listed(address);
  if (pathname === "/json/version") return { Browser: "miniflare-rs", "Protocol-Version": "1.3" };
  return undefined;
}

const server = http.createServer(answer);
const sockets = new WebSocketServer({ noServer: true, maxPayload: 0, perMessageDeflate: false });

server.on("upgrade", (request, socket, head) => {
  socket.on("error", () => socket.destroy());
  const refused = isAllowed(request.headers, host);
  if (refused !== undefined) return refuse(socket, "403 Forbidden", refused);
  const id = pathOf(request)?.slice(1);
  if (id === undefined || (id !== "" && !targets.has(id))) {
    const names = [...targets.keys()].map((name) => `/${encodeURIComponent(name)}`).join(", ");
    return refuse(socket, "404 Not Found", `No worker has the path ${request.url}. There are: ${names}`);
  }
  sockets.handleUpgrade(request, socket, head, (webSocket) => connect(webSocket, id));
});

function refuse(socket: Duplex, status: string, text: string): void {
  const length = Buffer.byteLength(text);
  socket.end(`HTTP/1.1 ${status}\r\nContent-Type: text/plain\r\nContent-Length: ${length}\r\n\r\n${text}`);
}

function connect(socket: WebSocket, id: string): void {
  const take = (text: string) => socket.send(text);
  const root = id === "" ? new Root(own, take) : undefined;
  const link: Link = root ?? own.link(id, take, () => socket.close());
  if (root !== undefined) roots.add(root);
  socket.on("message", (data) => link.send(String(data)));
  socket.on("error", () => socket.terminate());
  socket.on("close", () => {
    if (root !== undefined) roots.delete(root);
    link.close();
  });
}

/** Listens on the first port that is free. */
function listen(port: number, tries: number): void {
  server.once("error", (error: NodeJS.ErrnoException) => {
    const isTaken = error.code === "EADDRINUSE" && port !== 0 && port < 65_535;
    if (isTaken && tries > 1) listen(port + 1, tries - 1);
    else say({ error: error.message });
  });
  server.listen(port, host, () => {
    server.removeAllListeners("error");
    say({ port: (server.address() as net.AddressInfo).port });
  });
}

/** Tells clients of the end. */
function end(): void {
  for (const socket of sockets.clients) socket.close(GOING_AWAY);
  setImmediate(() => process.exit());
}

const say = (started: Started) => parentPort?.postMessage(started);

process.on("exit", () => {
  Atomics.store(signal, SIGNAL.ENDED, 1);
  Atomics.add(signal, SIGNAL.SENT, 1);
  Atomics.notify(signal, SIGNAL.SENT);
});

listen(firstPort, MOST_PORTS);
