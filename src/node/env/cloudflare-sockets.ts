// `miniflare-rs/cloudflare-sockets`, in the place of `cloudflare:sockets` in code that a test imports: the sockets of workers, in
// Node's realm. The mock of the test's environment says where they may connect to.

import { createSockets } from "../../sockets/socket.ts";
import { refusalOf } from "../instance/refusal.ts";
import { current } from "./current.ts";

/** The mock of the environment, if there is one. */
function mock(): object | undefined {
  try {
    return current().mock;
  } catch {
    return undefined;
  }
}

let made: import("../../sockets/node/connections.ts").Connections | undefined;

function connections() {
  const { Connections } =
    require("../../sockets/node/connections.ts") as typeof import("../../sockets/node/connections.ts");
  made ??= new Connections(
    (host) => refusalOf(mock())(host),
    () => undefined,
  );
  return made;
}

const { connect } = createSockets({
  ReadableStream,
  WritableStream,
  begin() {},
  depart: () => undefined,
  capture: (receive) => receive,
  open: (address, { secureTransport }, receive) => connections().open(address, secureTransport === "on", receive),
});

export { connect };
