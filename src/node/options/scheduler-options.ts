// The option of cron triggers.

import { strings } from "./check.ts";
import type { OptionRows } from "./table.ts";

const options = {
  crons: {
    check: strings,
    label: "CRON Expressions",
    flag: "-t, --cron",
    help: "CRON expression for triggering scheduled events",
    wrangler: "triggers.crons",
  },
} satisfies OptionRows;

export const plugin = "SchedulerPlugin";
export { options };
