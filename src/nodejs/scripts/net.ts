// The lazy script of `node:net` and `node:tls`.

import net from "../net.ts";
import { part } from "../part.ts";
import tls from "../tls.ts";

export const modules = {
  net,
  tls,
  _tls_common: part(tls, "SecureContext", "createSecureContext"),
  _tls_wrap: part(tls, "TLSSocket", "Server", "createServer", "connect"),
};
