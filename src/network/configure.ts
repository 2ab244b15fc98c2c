// The client of a worker, made when something first needs it.

import { op_outbound_configure } from "ext:core/ops";
import { HOST, host } from "ext:miniflare/realm/port.ts";

let configured = false;

/** Node knows the settings: options, and the environment. */
export function configure() {
  if (configured) return;
  op_outbound_configure(...(host(HOST.OUTBOUND) as Parameters<typeof op_outbound_configure>));
  configured = true;
}
