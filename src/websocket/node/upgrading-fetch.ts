// `upgradingFetch`: Node's `fetch`, which connects to a server of WebSockets when a request asks for an upgrade, as `fetch` in
// a worker does. The connection is one of the library `ws`.

import { Readable } from "node:stream";
import type { IncomingMessage } from "node:http";
import { Request } from "../../node/http/http-request.ts";
import { Response } from "../../node/http/http-response.ts";
import { fetch } from "../../node/names/core.ts";
import { WebSocket as Connection } from "../../node/server/web-socket-server.ts";
import { coupleWebSocket } from "./couple.ts";
import { WebSocketPair } from "./node-sockets.ts";
import type * as contract from "../../../index.d.ts";

const SWITCHING_PROTOCOLS = 101;
const PROTOCOLS = "sec-websocket-protocol";
/** Statuses whose responses have no body. */
const BODILESS = new Set([204, 304]);

/** Resolves with a response that has a `webSocket`, if the server upgrades; otherwise it is what the server answers. */
async function upgradingFetch(
  input: contract.RequestInfo,
  init: contract.RequestInit | undefined = undefined,
): Promise<contract.Response> {
  const request = new Request(input, init);
  const isUpgrade = request.method === "GET" && request.headers.get("upgrade")?.toLowerCase() === "websocket";
  return isUpgrade ? upgrade(request) : fetch(request);
}

function upgrade(request: globalThis.Request): Promise<contract.Response> {
  const { signal } = request;
  signal.throwIfAborted();
  const connection = new Connection(socketUrl(request.url), protocolsOf(request), {
    followRedirects: request.redirect === "follow",
    headers: Object.fromEntries([...request.headers].filter(([name]) => name !== PROTOCOLS)),
  });
  const [webSocket, far] = new WebSocketPair();
  const coupled = coupleWebSocket(connection, far);
  return new Promise((resolve, reject) => {
    const abort = () => {
      reject(signal.reason);
      connection.terminate();
    };
    signal.addEventListener("abort", abort, { once: true });
    connection.once("upgrade", (answer) => {
      const headers = headersOf(answer);
      coupled.then(() => resolve(new Response(null, { status: SWITCHING_PROTOCOLS, webSocket, headers })), reject);
    });
    connection.once("unexpected-response", (_, answer) => resolve(ordinary(answer)));
    connection.once("error", reject);
    coupled.catch(() => {});
  });
}

function socketUrl(text: string): URL {
  const url = new URL(text);
  if (url.protocol !== "http:" && url.protocol !== "https:") {
    throw new TypeError(
      `Fetch API cannot load: ${url}.\nMake sure you're using http(s):// URLs for WebSocket requests via fetch.`,
    );
  }
  url.protocol = url.protocol.replace("http", "ws");
  return url;
}

const protocolsOf = ({ headers }: globalThis.Request) =>
  headers
    .get(PROTOCOLS)
    ?.split(",")
    .map((protocol) => protocol.trim());

/** What a server answers that does not upgrade. */
function ordinary(answer: IncomingMessage): contract.Response {
  const status = answer.statusCode as number;
  const body = BODILESS.has(status) ? null : (Readable.toWeb(answer) as globalThis.ReadableStream);
  return new Response(body, { status, statusText: answer.statusMessage, headers: headersOf(answer) });
}

function headersOf({ rawHeaders }: IncomingMessage): [name: string, value: string][] {
  const headers: [name: string, value: string][] = [];
  for (let index = 0; index < rawHeaders.length; index += 2) {
    headers.push([rawHeaders[index] as string, rawHeaders[index + 1] as string]);
  }
  return headers;
}

export { upgradingFetch };
