// Tags: oracle, every-node
// Cron triggers: expressions, and the scheduler that dispatches events by them.

import { describe } from "node:test";
import assert from "node:assert/strict";
import { create, createInvalid, differs } from "../support/miniflare.mjs";
import { deferred, rejection, URL_ROOT } from "../support/dispatch.mjs";
import { RecordingLog } from "../support/log.mjs";
import { test } from "../support/test.mjs";

const script =
  "export default { scheduled: (controller, env) => env.fired(controller.cron, controller.scheduledTime) };";

describe("the option crons", () => {
  test("refuses a value that is not an expression", async (t) => {
    const error = await rejection(createInvalid(t, { script: "", crons: ["* * *"] }).dispatchFetch(URL_ROOT));
    assert.equal(error.name, "SchedulerError [ERR_INVALID_CRON]");
    assert.equal(error.message, 'Unable to parse CRON "* * *": Invalid cron expression: expected 5 or 6 elements.');
  });

  test("refuses values out of range, with the reason", async (t) => {
    const error = await rejection(createInvalid(t, { script: "", crons: ["99 * * * *"] }).dispatchFetch(URL_ROOT));
    assert.equal(error.code, "ERR_INVALID_CRON");
    assert.match(error.message, /^Unable to parse CRON "99 \* \* \* \*": ./);
  });

  test("does nothing by itself", async (t) => {
    const mf = create(t, { script: "", crons: ["*/5 * * * *", "0 0 1 1 *", "0 12 * * MON-FRI"] });
    assert.deepEqual(await mf.dispatchScheduled(), []);
  });
});

describe("a scheduler", () => {
  const scheduled = (t, options) => {
    const fired = deferred();
    const mf = create(t, { script, bindings: { fired: (...args) => fired.resolve(args) }, ...options });
    return { mf, fired: fired.promise };
  };

  test("dispatches events when they are due", async (t) => {
    const { mf, fired } = scheduled(t, { crons: ["* * * * * *"] });
    const scheduler = await mf.startScheduler();
    const [cron, time] = await fired;
    assert.equal(cron, "* * * * * *");
    assert.ok(Math.abs(Date.now() - time) < 60_000);
    await scheduler.dispose();
  });

  test("says when an event is due, to the millisecond", differs("it says when it was dispatched"), async (t) => {
    const { mf, fired } = scheduled(t, { crons: ["* * * * * *"] });
    const scheduler = await mf.startScheduler();
    assert.equal((await fired)[1] % 1000, 0);
    await scheduler.dispose();
  });

  test("takes new expressions at a reload", async (t) => {
    const { mf, fired } = scheduled(t, { crons: ["0 0 1 1 *"] });
    const scheduler = await mf.startScheduler();
    await mf.setOptions({ crons: ["* * * * * *"] });
    assert.equal((await fired)[0], "* * * * * *");
    await scheduler.dispose();
  });

  test("logs each event", async (t) => {
    const log = new RecordingLog();
    const logged = deferred();
    log.log = (line) => line.includes("SCHD") && logged.resolve(line);
    const { mf } = scheduled(t, { crons: ["* * * * * *"], log });
    const scheduler = await mf.startScheduler();
    assert.match(await logged.promise, /SCHD.* \* \* \* \* \* \* .*\(.*ms/);
    await scheduler.dispose();
  });
});
