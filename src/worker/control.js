// What Node's side may ask of a worker beyond requests; it holds this object through the membrane.

import { op_fail, op_module_files } from "ext:core/ops";
import { simulate } from "ext:miniflare/realm/simulation.js";
import { enter, eventContext } from "ext:miniflare/realm/context.js";
import { abort } from "ext:miniflare/worker/dispatch.js";
import { deliverEvent, EVENTS } from "ext:miniflare/worker/event-kinds.js";
import { ofRooms } from "ext:miniflare/worker/rooms.js";
import { worker } from "ext:miniflare/realm/worker.js";

export const control = {
  ...Object.fromEntries(EVENTS.filter(({ from }) => from !== undefined).map((kind) => [kind.name, dispatcherOf(kind)])),
  abort,
  globalScope: () => globalThis,
  bindings: () => worker.env,
  moduleExports: () => worker.exports,
  /** The files that the script has imported. */
  moduleFiles: () => op_module_files(),
  ...ofRooms("control"),
  simulate,
  /** Fails as a defect of ours would, to prove that it is contained. */
  panic: (message) => op_fail(message),
};

/** A method that dispatches events of a kind, each in a context of its own, and resolves with what comes of one. */
function dispatcherOf(kind) {
  const deliver = async (given) => deliverEvent(kind, given, { waits: [] });
  const { conclude = (given) => deliver(given) } = kind;
  return (...args) => enter(eventContext(), async () => conclude(kind.from(...args), deliver));
}
