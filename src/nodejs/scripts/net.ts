// The lazy script of `node:dns`, `node:net` and `node:tls`.

import dns, { promises as dnsPromises } from "../dns.ts";
import net from "../net.ts";
import { part } from "../part.ts";
import tls from "../tls.ts";

export const modules = {
  dns,
  "dns/promises": dnsPromises,
  net,
  tls,
  _tls_common: part(tls, "SecureContext", "createSecureContext"),
  _tls_wrap: part(tls, "TLSSocket", "Server", "createServer", "connect"),
};
