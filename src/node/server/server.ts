// `createServer` and `startServer`: servers of Node's over a request listener, with limits that are chosen here, and their end.

import http from "node:http";
import type { Server, ServerOptions as NodeOptions } from "node:http";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { networkInterfaces } from "node:os";
import { SERVERS, OPTIONS } from "../instance/miniflare.ts";
import { disposed, InstanceError } from "../errors.ts";
import { answerDirectly } from "./direct.ts";
import { RequestListener } from "./listener.ts";
import type { Instance } from "./listener.ts";
import type { ServerOptions } from "./meta.ts";

export const DEFAULT_PORT = 8787;

/**
 * Limits of the servers, as docs/server.md has them: what Cloudflare accepts of headers, and Node's own times, which do not
 * depend on its version this way.
 */
const LIMITS = {
  maxHeaderSize: 131_072,
  headersTimeout: 60_000,
  requestTimeout: 300_000,
  keepAliveTimeout: 5_000,
  connectionsCheckingInterval: 30_000,
  insecureHTTPParser: false,
  requireHostHeader: true,
  noDelay: true,
};

export const isHttps = (options: ServerOptions) =>
  Boolean(
    options.https ||
      options.httpsKey ||
      options.httpsKeyPath ||
      options.httpsCert ||
      options.httpsCertPath ||
      options.httpsCa ||
      options.httpsCaPath ||
      options.httpsPfx ||
      options.httpsPfxPath,
  );

/** Options by which each request has objects of Node's, or its response other headers. */
const OWN_OBJECTS = ["IncomingMessage", "ServerResponse", "uniqueHeaders"] as const;

/** A server that listens nowhere yet; see `Miniflare.createServer` in `index.d.ts`. */
export async function createServer(mf: Instance, nodeOptions: NodeOptions = {}): Promise<Server> {
  const options = mf[OPTIONS] as ServerOptions;
  const listener = new RequestListener(mf);
  listener.prepare();
  const listen: http.RequestListener = (req, res) => void listener.listen(req, res);
  const server = isHttps(options)
    ? await createTlsServer(mf, options, nodeOptions, listen)
    : http.createServer({ ...LIMITS, ...nodeOptions }, listen);
  if (!OWN_OBJECTS.some((name) => nodeOptions[name] !== undefined)) answerDirectly(server, listener, listen);
  server.on("clientError", answerMalformed);
  server.on("connect", refuseTunnel);
  server.on("upgrade", (req, socket, head) => upgrades().upgrade(server, listener, req, socket, head));
  return server;
}

/** Node's TLS is loaded for servers that have it. */
async function createTlsServer(
  mf: Instance,
  options: ServerOptions,
  nodeOptions: NodeOptions,
  listen: http.RequestListener,
): Promise<Server> {
  const https = require("node:https") as typeof import("node:https");
  const { tlsOptions } = require("./tls-options.ts") as typeof import("./tls-options.ts");
  const secrets = await tlsOptions(options, (text) => mf.log.info(text));
  return https.createServer({ ...LIMITS, ...secrets, ...nodeOptions }, listen);
}

const upgrades = () => require("./upgrades.ts") as typeof import("./upgrades.ts");

interface ClientError extends Error {
  code?: string;
  reason?: string;
}

const STATUS_OF: Record<string, string> = {
  HPE_HEADER_OVERFLOW: "431 Request Header Fields Too Large",
  HPE_CHUNK_EXTENSIONS_OVERFLOW: "413 Payload Too Large",
  ERR_HTTP_REQUEST_TIMEOUT: "408 Request Timeout",
};

/** Answers input that is not a request with an error, unless an answer is on its way already. */
function answerMalformed(error: ClientError, socket: Duplex): void {
  const { _httpMessage: message } = socket as Socket & { _httpMessage?: http.ServerResponse };
  if (socket.writable && error.code !== "ECONNRESET" && !message?.headersSent) {
    const status = STATUS_OF[error.code ?? ""] ?? "400 Bad Request";
    socket.write(textResponse(status, `${status}: ${error.reason ?? error.message}`));
  }
  socket.destroy();
}

function refuseTunnel(_req: http.IncomingMessage, socket: Duplex): void {
  // A client that disconnects is not an error of the process.
  socket.on("error", () => socket.destroy());
  socket.end(textResponse("405 Method Not Allowed", "Workers cannot receive CONNECT requests."));
}

/** A whole response, for a connection that Node no longer speaks HTTP on. */
export function textResponse(status: string, text: string): string {
  const head = [
    `HTTP/1.1 ${status}`,
    "Content-Type: text/plain; charset=UTF-8",
    `Content-Length: ${Buffer.byteLength(text) + 1}`,
    "Connection: close",
  ];
  return `${head.join("\r\n")}\r\n\r\n${text}\n`;
}

/**
 * A server that listens where the options say; see `Miniflare.startServer` in `index.d.ts`.
 * @param isDisposed whether the instance has ended, as it may while its server starts
 */
export async function startServer(mf: Instance, nodeOptions: NodeOptions, isDisposed: () => boolean): Promise<Server> {
  const server = await createServer(mf, nodeOptions);
  if (isDisposed()) throw disposed();
  const options = mf[OPTIONS] as ServerOptions;
  const listening = listen(server, options);
  const end = () => listening.then(() => endServer(server)).catch(() => {});
  mf[SERVERS].set(end, mf);
  server.once("close", () => mf[SERVERS].delete(end));
  await listening.finally(() => server.listening || mf[SERVERS].delete(end));
  if (isDisposed()) throw disposed();
  tell(mf, server, options);
  return server;
}

function listen(server: Server, { host, port = DEFAULT_PORT }: ServerOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", (error) => reject(listenError(error, host, port)));
    server.listen(port, host, () => {
      server.removeAllListeners("error");
      resolve();
    });
  });
}

function listenError(error: NodeJS.ErrnoException, host: string | undefined, port: number): InstanceError {
  const place = `${host === undefined ? "port" : `${host}, port`} ${port}`;
  const reasons: Record<string, string> = {
    EADDRINUSE: `${place} is in use. End the process that listens there, or set the option "port" to another port, or to 0 for any free one.`,
    EACCES: `This process may not listen on ${place}. Set the option "port" to one above 1023.`,
    EADDRNOTAVAIL: `This machine has no address ${host}. Set the option "host" to one that it has, or leave it out to listen on all.`,
    ENOTFOUND: `The host "${host}" cannot be found. Set the option "host" to an address of this machine, or leave it out to listen on all.`,
  };
  const text = reasons[error.code ?? ""] ?? `Cannot listen on ${place}: ${error.message}`;
  return new InstanceError("ERR_LISTEN", text[0]?.toUpperCase() + text.slice(1), error);
}

function tell({ log }: Instance, server: Server, options: ServerOptions): void {
  const { host } = options;
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : options.port;
  const scheme = isHttps(options) ? "https" : "http";
  log.info(`Listening on ${host ?? ""}:${port}`);
  const hosts = host && host !== "0.0.0.0" && host !== "::" ? [host] : localAddresses();
  for (const one of hosts) log.info(`- ${scheme}://${one.includes(":") ? `[${one}]` : one}:${port}`);
}

/** Every IPv4 address of this machine, in the order of the system. */
function localAddresses(): string[] {
  const all = Object.values(networkInterfaces()).flat();
  return all.flatMap((one) => (one?.family === "IPv4" ? [one.address] : []));
}

/** Ends a server with its connections; what is under way has been answered, or has failed, by then. */
async function endServer(server: Server): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  // What was written in this turn leaves before its connection does.
  await new Promise((resolve) => setImmediate(resolve));
  server.closeAllConnections();
  upgrades().closeSockets(server);
  await closed;
}
