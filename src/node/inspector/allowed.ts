// Who may talk to the server of debuggers, which can run any code: no web page, even if the name of its host leads here.

import net from "node:net";
import type { IncomingHttpHeaders } from "node:http";

/** Pages that are debuggers. */
const DEBUGGERS = [
  /^devtools:\/\/devtools$/,
  /^https:\/\/chrome-devtools-frontend\.appspot\.com$/,
  /^https:\/\/devtools\.devprod\.cloudflare\.dev$/,
];
const LOCAL = new Set(["localhost", "localhost6", "localhost.localdomain", "localhost6.localdomain6"]);

/**
 * Why a request is refused; undefined if it is not.
 * @param own the host that the server was told to listen on
 */
export function isAllowed({ host = "", origin }: IncomingHttpHeaders, own: string): string | undefined {
  const name = host
    .replace(/:\d+$/, "")
    .replace(/^\[(.*)\]$/, "$1")
    .toLowerCase();
  // The address of a page that has its name resolved to this machine is still a name.
  const isOwn = net.isIP(name) !== 0 || LOCAL.has(name) || name === own.toLowerCase();
  if (!isOwn) return `Invalid Host header "${host}": an IP address, "localhost" or "${own}" is needed.`;
  const isDebugger = origin === undefined || DEBUGGERS.some((allowed) => allowed.test(origin));
  return isDebugger ? undefined : `Invalid Origin header "${origin}": it is not that of a debugger.`;
}
