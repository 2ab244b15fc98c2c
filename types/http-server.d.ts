// `miniflare-rs/http-server`, which replaces `@miniflare/http-server`.

import type { IncomingMessage } from "node:http";
import type * as miniflare from "../index";

export { createRequestListener } from "../index";
export type { RequestMeta } from "../index";

/** The port that servers listen on, unless the option `port` says something else. */
export const DEFAULT_PORT: 8787;

/**
 * Converts a request of one of Node's servers to one of a worker, with the headers that Cloudflare's network adds.
 *
 * @param meta what is known about the client. Default: what the connection says
 * @throws {Error} if the target of the request is not a valid URL
 */
export function convertNodeRequest(
  request: IncomingMessage,
  meta?: miniflare.RequestMeta,
): Promise<{ request: miniflare.Request; url: URL }>;

/** `mf.createServer(options)`: a server that does not listen yet. */
export function createServer(
  mf: miniflare.Miniflare,
  options?: Parameters<miniflare.Miniflare["createServer"]>[0],
): ReturnType<miniflare.Miniflare["createServer"]>;

/** `mf.startServer(options)`: a server that listens on the options `host` and `port` of the instance. */
export function startServer(
  mf: miniflare.Miniflare,
  options?: Parameters<miniflare.Miniflare["createServer"]>[0],
): ReturnType<miniflare.Miniflare["createServer"]>;

/** Returns the addresses of this machine, or only those of IPv4. */
export function getAccessibleHosts(ipv4?: boolean): string[];

/** A name for `MiniflareCore`. It cannot be constructed. */
export class HTTPPlugin {
  private constructor();
}
