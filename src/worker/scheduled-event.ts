// Scheduled events, which crons or Node's side dispatch.

import { ScheduledController, ScheduledEvent, settleWaits } from "ext:miniflare/web/events.ts";

/** The row of scheduled events: `deliverEvent` returns a promise of the results of all that the event waits for. */
export const SCHEDULED = {
  name: "scheduled",
  from: (scheduledTime, cron) => ({ scheduledTime, cron }),
  make: ({ scheduledTime, cron }) => new ScheduledController(scheduledTime, cron),
  makeEvent: (given) => new ScheduledEvent("scheduled", given),
  unhandled: () => [],
  settle(result, { waits }) {
    if (result !== undefined) waits.push(result);
    return settleWaits(waits);
  },
};
