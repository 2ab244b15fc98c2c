// The lazy script of `node:http` and `node:https`.

import cloudflareNode from "../cloudflare-node.ts";
import { common, http, https } from "../http.ts";
import { part } from "../part.ts";

export const modules = {
  "internal/cloudflare_node": cloudflareNode,
  http,
  https,
  _http_agent: part(http, "Agent", "globalAgent"),
  _http_client: part(http, "ClientRequest"),
  _http_common: common,
  _http_incoming: part(http, "IncomingMessage"),
  _http_outgoing: part(http, "OutgoingMessage", "validateHeaderName", "validateHeaderValue"),
  _http_server: part(http, "Server", "ServerResponse", "STATUS_CODES", "_connectionListener"),
};
