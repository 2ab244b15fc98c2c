"use strict";
// Cron triggers: scheduled events that a worker's expressions ask for, for as long as a scheduler runs.

const { SchedulerError } = require("../errors.js");
const { nextCron } = require("./lane.js");

/** The longest that a timer of Node's can wait. */
const LONGEST_WAIT_MS = 2 ** 31 - 1;

/** Refuses expressions that are none. */
function checkCrons({ crons = [] }) {
  for (const cron of crons) next(cron, 0);
}

/** When an expression is due after `now`, both in milliseconds since 1970; undefined when it never is. */
function next(cron, now) {
  try {
    return nextCron(cron, now);
  } catch (error) {
    throw new SchedulerError("ERR_INVALID_CRON", `Unable to parse CRON "${cron}": ${error.message}`);
  }
}

class CronScheduler {
  #mf;
  #crons;
  #timers = new Map();
  #onReload = () => this.#arm();

  /**
   * @param mf dispatches the events, tells of reloads, and logs
   * @param crons gives the expressions that the worker has at the time
   */
  constructor(mf, crons) {
    this.#mf = mf;
    this.#crons = crons;
    mf.addEventListener("reload", this.#onReload);
    this.#arm();
  }

  /** Expressions that stay keep their timers. */
  #arm() {
    const crons = new Set(this.#crons());
    for (const [cron, timer] of this.#timers) {
      if (crons.has(cron)) continue;
      clearTimeout(timer);
      this.#timers.delete(cron);
    }
    for (const cron of crons) if (!this.#timers.has(cron)) this.#wait(cron, next(cron, Date.now()));
  }

  #wait(cron, due) {
    if (due === undefined) return;
    const left = Math.max(0, due - Date.now());
    const elapsed = () => (left > LONGEST_WAIT_MS ? this.#wait(cron, due) : this.#fire(cron, due));
    this.#timers.set(cron, setTimeout(elapsed, Math.min(left, LONGEST_WAIT_MS)));
  }

  // Timers may be early by a little: the next moment is after the one that is due, whatever the clock says.
  #fire(cron, due) {
    this.#wait(cron, next(cron, Math.max(due, Date.now())));
    this.#dispatch(cron, due);
  }

  async #dispatch(cron, due) {
    const start = performance.now();
    try {
      await this.#mf.dispatchScheduled(due, cron);
    } catch (error) {
      this.#tell(error);
    }
    this.#mf.log.log(`SCHD ${cron} (${(performance.now() - start).toFixed(2)}ms)`);
  }

  // A log that shows no errors throws them; what nobody awaits is Node's to report then.
  #tell(error) {
    try {
      this.#mf.log.error(error);
    } catch {
      Promise.reject(error);
    }
  }

  async dispose() {
    this.#mf.removeEventListener("reload", this.#onReload);
    for (const timer of this.#timers.values()) clearTimeout(timer);
    this.#timers.clear();
  }
}

module.exports = { checkCrons, CronScheduler };
