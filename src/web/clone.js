// `structuredClone`: upstream's, with buffers that change hands. Nothing else can: workers have no ports.

import { core } from "ext:core/mod.js";

const { structuredClone: clone } = core.loadExtScript("ext:deno_web/13_message_port.js");
const { DOMException } = core.loadExtScript("ext:deno_web/01_dom_exception.js");

export function structuredClone(...args) {
  const [value, options] = args;
  const transfer = options?.transfer;
  if (transfer === undefined) return clone(...args);
  const buffers = new Set(transfer);
  for (const buffer of buffers) assertTransferable(buffer);
  const copy = clone(value);
  // The copy has its own memory by now; who gave a buffer away has it no more.
  for (const buffer of buffers) buffer.transfer();
  return copy;
}

function assertTransferable(value) {
  if (value instanceof ArrayBuffer && !value.detached) return;
  const what =
    value instanceof ArrayBuffer ? "an ArrayBuffer that is detached already" : "a value that is no ArrayBuffer";
  throw new DOMException(`Failed to execute 'structuredClone': ${what} cannot be transferred.`, "DataCloneError");
}
