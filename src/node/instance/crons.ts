// Cron triggers: scheduled events that a worker's expressions ask for, for as long as a scheduler runs. When they are due
// is up to the clock of the instance: `crons.rs`.

import { later } from "../binding/later.ts";
import { SchedulerError } from "../errors.ts";
import { closeCrons, dueCrons, nextCron, openCrons, setCrons } from "../binding/binding.ts";

/** Refuses expressions that are none. */
function checkCrons({ crons = [] }) {
  for (const cron of crons) {
    try {
      nextCron(cron, 0);
    } catch (error) {
      throw new SchedulerError("ERR_INVALID_CRON", `Unable to parse CRON "${cron}": ${error.message}`);
    }
  }
}

class CronScheduler {
  #mf;
  #crons;
  #scheduler;
  /** How many expressions will be due, and whether they are waited for. */
  #count = 0;
  #waits = false;
  #isDisposed = false;
  #onReload = () => this.#arm();

  /**
   * @param mf dispatches the events, tells of reloads, and logs
   * @param instance the number of the instance, by whose clock it goes
   * @param crons gives the expressions that the worker has at the time
   */
  constructor(mf, instance, crons) {
    this.#mf = mf;
    this.#crons = crons;
    this.#scheduler = openCrons(instance);
    mf.addEventListener("reload", this.#onReload);
    this.#arm();
  }

  /** Expressions that stay keep their times. */
  #arm() {
    this.#set();
    if (!this.#waits) this.#wait();
  }

  #set() {
    this.#count = setCrons(this.#scheduler, [...new Set(this.#crons())]);
  }

  /** Node stays alive as long as there is something to wait for. */
  async #wait() {
    this.#waits = true;
    while (this.#count > 0) {
      const answer = dueCrons(this.#scheduler);
      const due = typeof answer === "number" ? await later(answer) : answer;
      if (this.#isDisposed) return;
      if (due.length === 0) this.#set();
      for (let index = 0; index < due.length; index += 2) this.#dispatch(due[index], due[index + 1]);
    }
    this.#waits = false;
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
    if (this.#isDisposed) return;
    this.#isDisposed = true;
    this.#count = 0;
    this.#mf.removeEventListener("reload", this.#onReload);
    closeCrons(this.#scheduler);
  }
}

export { checkCrons, CronScheduler };
