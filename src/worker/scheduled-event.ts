// Scheduled events, which crons or Node's side dispatch.

import { ScheduledController, ScheduledEvent } from "ext:miniflare/web/events.ts";
import { settleWithWaits } from "ext:miniflare/web/module-event.ts";
import type { EventKind } from "ext:miniflare/worker/event-kind.ts";

/** The row of scheduled events: `deliverEvent` returns a promise of the results of all that the event waits for. */
interface Scheduled {
  scheduledTime: number;
  cron: string;
}

export const SCHEDULED: EventKind<Scheduled> = {
  name: "scheduled",
  from: (scheduledTime: number, cron: string) => ({ scheduledTime, cron }),
  make: ({ scheduledTime, cron }) => new ScheduledController(scheduledTime, cron),
  makeEvent: (given) => new ScheduledEvent("scheduled", given),
  traced: ({ cron, scheduledTime }) => ({ cron, scheduledTime }),
  unhandled: () => [],
  settle: settleWithWaits,
};
