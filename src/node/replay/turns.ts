// One thing at a time: the next has its turn when Node's and the workers' microtasks are done, and with them all that the one
// before has led to at once.

import timers from "node:timers";
const { setImmediate } = timers;

class Turns {
  #isPlanned = false;
  #next: () => boolean;

  /** @param next does what comes next; false if there is nothing to do now */
  constructor(next: () => boolean) {
    this.#next = next;
  }

  /** There is something to do. */
  plan(): void {
    if (this.#isPlanned) return;
    this.#isPlanned = true;
    setImmediate(() => {
      this.#isPlanned = false;
      if (this.#next()) this.plan();
    });
  }
}

/** Does a step of a simulation; whether it did anything. The worker that asked for it may be gone by now. */
function stepOf(step: () => boolean): boolean {
  try {
    return step();
  } catch {
    return false;
  }
}

export { stepOf, Turns };
