// Cron triggers: scheduled events that a worker's expressions ask for, for as long as a scheduler runs. When they are due
// is up to the clock of the instance: `crons.rs`.

import { later } from "../binding/later.ts";
import { SchedulerError } from "../errors.ts";
import type * as contract from "../../../index.d.ts";
import type { MiniflareOptions } from "../../../index.d.ts";
import { closeCrons, dueCrons, nextCron, openCrons, setCrons } from "../binding/binding.ts";

/** What is due: expressions and times by turns. */
type DueCrons = (string | number)[];

/** Refuses expressions that are none. */
function checkCrons({ crons = [] }: MiniflareOptions): void {
  for (const cron of crons) {
    try {
      nextCron(cron, 0);
    } catch (error) {
      throw new SchedulerError("ERR_INVALID_CRON", `Unable to parse CRON "${cron}": ${(error as Error).message}`);
    }
  }
}

/** What a scheduler needs of an instance. */
type Scheduled = Pick<contract.Miniflare, "dispatchScheduled" | "addEventListener" | "removeEventListener" | "log">;

class CronScheduler implements contract.CronScheduler {
  #mf: Scheduled;
  #crons: () => string[];
  #scheduler: number;
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
  constructor(mf: Scheduled, instance: number, crons: () => string[]) {
    this.#mf = mf;
    this.#crons = crons;
    this.#scheduler = openCrons(instance);
    mf.addEventListener("reload", this.#onReload);
    this.#arm();
  }

  /** Expressions that stay keep their times. */
  #arm(): void {
    this.#set();
    if (!this.#waits) this.#wait();
  }

  #set(): void {
    this.#count = setCrons(this.#scheduler, [...new Set(this.#crons())]);
  }

  /** Node stays alive as long as there is something to wait for. */
  async #wait(): Promise<void> {
    this.#waits = true;
    while (this.#count > 0) {
      const answer = dueCrons(this.#scheduler);
      const due = (typeof answer === "number" ? await later(answer) : answer) as DueCrons;
      if (this.#isDisposed) return;
      if (due.length === 0) this.#set();
      for (let index = 0; index < due.length; index += 2) {
        this.#dispatch(due[index] as string, due[index + 1] as number);
      }
    }
    this.#waits = false;
  }

  async #dispatch(cron: string, due: number): Promise<void> {
    const start = performance.now();
    try {
      await this.#mf.dispatchScheduled(due, cron);
    } catch (error) {
      this.#tell(error);
    }
    this.#mf.log.log(`SCHD ${cron} (${(performance.now() - start).toFixed(2)}ms)`);
  }

  // A log that shows no errors throws them; Node then reports the rejection.
  #tell(error: unknown): void {
    try {
      this.#mf.log.error(error as Error);
    } catch {
      Promise.reject(error);
    }
  }

  async dispose(): Promise<void> {
    if (this.#isDisposed) return;
    this.#isDisposed = true;
    this.#count = 0;
    this.#mf.removeEventListener("reload", this.#onReload);
    closeCrons(this.#scheduler);
  }
}

export { checkCrons, CronScheduler };
