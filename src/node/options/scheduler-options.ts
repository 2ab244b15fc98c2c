// The option of cron triggers.

import { strings } from "./check.ts";

const options = {
  crons: {
    check: strings,
    label: "CRON Expressions",
    flag: "-t, --cron",
    help: "CRON expression for triggering scheduled events",
    wrangler: "triggers.crons",
  },
};

export const plugin = "SchedulerPlugin";
export { options };
