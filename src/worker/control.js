// What Node's side may ask of a worker beyond requests; it holds this object through the membrane.

import { op_fail, op_module_files } from "ext:core/ops";
import { simulate } from "ext:miniflare/realm/simulation.js";
import {
  ExecutionContext,
  hasListeners,
  ScheduledController,
  ScheduledEvent,
  settleWaits,
  stateOf,
} from "ext:miniflare/web/events.js";
import { enter, eventContext } from "ext:miniflare/realm/context.js";
import { abort } from "ext:miniflare/worker/dispatch.js";
import { ofRooms } from "ext:miniflare/worker/rooms.js";
import { worker } from "ext:miniflare/realm/worker.js";

export const control = {
  scheduled: (scheduledTime, cron) => enter(eventContext(), () => scheduled(scheduledTime, cron)),
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

/** Dispatches a scheduled event; resolves with the results of everything it waits for. */
async function scheduled(scheduledTime, cron) {
  const { handlers, env } = worker;
  if (handlers === undefined) return scheduledClassic(scheduledTime, cron);
  const state = { waits: [] };
  if (typeof handlers.scheduled === "function") {
    const result = handlers.scheduled(new ScheduledController(scheduledTime, cron), env, new ExecutionContext(state));
    if (result !== undefined) state.waits.push(result);
  }
  return settleWaits(state.waits);
}

function scheduledClassic(scheduledTime, cron) {
  if (!hasListeners("scheduled")) return [];
  const event = new ScheduledEvent("scheduled", { scheduledTime, cron });
  globalThis.dispatchEvent(event);
  return settleWaits(stateOf(event).waits);
}
