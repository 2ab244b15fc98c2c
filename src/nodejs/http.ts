// `node:http` and `node:https`, put together: clients over `fetch`, and servers that `cloudflare:node` gives requests.

import { METHODS, STATUS_CODES } from "unenv/node/http";
import { Agent, ClientRequest, clientOf, SecureAgent } from "./http-client.ts";
import { notImplemented } from "./errors.ts";
import { isToken, isWrongValue, validateHeaderName, validateHeaderValue } from "./http-headers.ts";
import { IncomingMessage } from "./http-incoming.ts";
import { OutgoingMessage } from "./http-outgoing.ts";
import { ServerResponse } from "./http-response.ts";
import { SecureServer, Server } from "./http-server.ts";
import type { Listener } from "./http-streams.ts";

const messages = { IncomingMessage, OutgoingMessage, ServerResponse, validateHeaderName, validateHeaderValue };

export const http: Record<string, unknown> = {
  CloseEvent,
  METHODS,
  MessageEvent,
  STATUS_CODES,
  WebSocket,
  ...messages,
  ...clientOf("http:"),
  Agent,
  ClientRequest,
  Server,
  createServer: (options?: unknown, listener?: Listener) => new Server(options, listener),
  globalAgent: new Agent(),
  maxHeaderSize: 16384,
  _connectionListener() {
    throw notImplemented("_connectionListener");
  },
  setMaxIdleHTTPParsers() {},
};
export const https: Record<string, unknown> = {
  ...clientOf("https:"),
  Agent: SecureAgent,
  Server: SecureServer,
  createServer: (options?: unknown, listener?: Listener) => new SecureServer(options, listener),
  globalAgent: new SecureAgent(),
};

/** What old packages import of `_http_common`. */
export const common: object = {
  CRLF: "\r\n",
  _checkInvalidHeaderChar: (value: unknown) => isWrongValue(String(value)),
  _checkIsHttpToken: isToken,
  chunkExpression: /(?:^|\W)chunked(?:$|\W)/i,
  continueExpression: /(?:^|\W)100-continue(?:$|\W)/i,
  methods: [...METHODS],
};
