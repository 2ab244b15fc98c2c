// `cloudflare:node`: requests of the worker for the servers of `node:http` that listen in it.

import { Server } from "./http-server.ts";

type Described = number | Server | { port?: unknown };

const MOST_PORT = 65_535;

function checkedPort(port: unknown): number {
  if (typeof port === "number" && Number.isInteger(port) && port >= 0 && port <= MOST_PORT) return port;
  throw new Error("Failed to determine port for server");
}

function portOf(server: unknown): number {
  if (server === null || server === undefined) throw new Error("Server descriptor cannot be null or undefined");
  if (typeof server === "number") return checkedPort(server);
  if (server instanceof Server) return checkedPort((server.listening ? server : server.listen(0)).address()?.port);
  return checkedPort((server as { port?: unknown }).port);
}

function notFound(port: number) {
  const message = `Http server with port ${port} not found. This is likely a bug with your code. You should check if server.listen() was called with the same port (${port})`;
  return Object.assign(new Error(message), { code: "ERR_INVALID_ARG_VALUE" });
}

async function handle(port: number, request: Request, env?: unknown, ctx?: unknown): Promise<Response> {
  const response = Server.handle(port, request, { env, ctx, cf: (request as { cf?: unknown }).cf });
  if (response === undefined) throw notFound(port);
  return response;
}

/** Gives a request to the server that listens at a port, and resolves with its response. */
async function handleAsNodeRequest(
  server: Described,
  request: Request,
  env?: unknown,
  ctx?: unknown,
): Promise<Response> {
  const port = typeof server === "number" ? server : (server as { port?: unknown } | undefined)?.port;
  return handle(checkedPort(port), request, env, ctx);
}

/** A handler of the worker's requests: the server that listens at a port, when they come. */
function httpServerHandler(server: Described) {
  const port = portOf(server);
  return { fetch: (request: Request, env: unknown, ctx: unknown) => handle(port, request, env, ctx) };
}

export default { handleAsNodeRequest, httpServerHandler };
