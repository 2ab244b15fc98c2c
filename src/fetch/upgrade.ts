// Fetches that ask for a WebSocket: what they are known by, and what of their headers is for the server.

import type { Hop } from "ext:miniflare/web/fetch-seams.ts";
import type { HeaderList } from "../upstream.d.ts";

const UPGRADE = "upgrade";
/** Headers of requests that Miniflare 2 gives no request of this kind. */
const LEFT_OUT = new Set(["accept-encoding", "mf-loop"]);

const headerOf = (headers: HeaderList, wanted: string) => headers.find(([name]) => name.toLowerCase() === wanted)?.[1];

/** Whether a hop asks for a WebSocket: it gets something, and its header says so, in whatever case. */
export const asksToUpgrade = ({ method, headers }: Hop) =>
  method === "GET" && headerOf(headers, UPGRADE)?.toLowerCase() === "websocket";

/** The headers of such a hop: a socket has no content to encode, and a loop of sockets is not a loop of requests. */
export const upgradeHeaders = (headers: HeaderList) => headers.filter(([name]) => !LEFT_OUT.has(name.toLowerCase()));
