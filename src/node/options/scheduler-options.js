"use strict";
// The option of cron triggers.

const { strings } = require("./check.js");

const options = {
  crons: {
    check: strings,
    label: "CRON Expressions",
    flag: "-t, --cron",
    help: "CRON expression for triggering scheduled events",
    wrangler: "triggers.crons",
  },
};

module.exports = { plugin: "SchedulerPlugin", options };
