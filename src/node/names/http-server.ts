// `miniflare-rs/http-server`: servers of an instance, and requests of Node's servers as those of a worker.

import { networkInterfaces } from "node:os";
import { Readable } from "node:stream";
import { headersOfText } from "../../web/header-text.ts";
import { createRequestListener } from "../index.ts";
import { describe } from "../errors.ts";
import { Request } from "../http/http-request.ts";
import { Miniflare } from "../instance/miniflare.ts";
import { clientOf } from "../server/client.ts";
import { incomingHeaders, urlOf } from "../server/incoming.ts";
import { readHead } from "../server/incoming-head.ts";
import { DEFAULT_PORT } from "../server/server.ts";
import { HTTPPlugin } from "./plugin-classes.ts";
import type { IncomingMessage } from "node:http";
import type * as contract from "../../../types/http-server.d.ts";

/** Called as methods of the instance: there is one way in which servers are made. */
const createServer: typeof contract.createServer = async (mf, options) =>
  instance("createServer", mf).createServer(options);
const startServer: typeof contract.startServer = async (mf, options) =>
  instance("startServer", mf).startServer(options);

function instance(name: string, mf: unknown): Miniflare {
  if (mf instanceof Miniflare) return mf;
  throw new TypeError(`${name}() takes a Miniflare, got ${describe(mf)}`);
}

const convertNodeRequest: typeof contract.convertNodeRequest = async (req, meta = {}) => {
  const head = readHead(req);
  const client = clientOf(req.socket);
  const { href, host } = urlOf(req.url as string, client.scheme, head.host);
  const request = new Request(href, {
    method: req.method,
    headers: headersOfText(incomingHeaders(head, host, client, meta)),
    ...bodyOf(req),
    cf: { ...meta.cf, clientAcceptEncoding: head.acceptEncoding },
    redirect: "manual",
  });
  return { request, url: new URL(href) };
};

function bodyOf(req: IncomingMessage) {
  if (req.method === "GET" || req.method === "HEAD") return {};
  return { body: Readable.toWeb(req) as ReadableStream<Uint8Array>, duplex: "half" as const };
}

/** The addresses of this machine. */
function getAccessibleHosts(ipv4 = false): string[] {
  const all = Object.values(networkInterfaces()).flat();
  return all.flatMap((one) => (one !== undefined && (!ipv4 || one.family === "IPv4") ? [one.address] : []));
}

export {
  convertNodeRequest,
  createRequestListener,
  createServer,
  DEFAULT_PORT,
  getAccessibleHosts,
  HTTPPlugin,
  startServer,
};
