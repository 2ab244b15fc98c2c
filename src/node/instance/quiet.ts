// Whether anything still goes on in the workers of an instance.

import timers from "node:timers";
const { setImmediate } = timers;
import { instanceClock } from "../binding/binding.ts";
import { outstanding } from "./lane.ts";
import type { Debt } from "./lane.ts";

/** Turns of Node's loop without a turn of a worker, after which nothing more is to be expected. */
const QUIET_TURNS = 3;

/** Whether no worker has a turn any more, nor waits for anything but the clock and what is known. */
async function isQuiet(instance: number, isKnown: (debt: Debt) => boolean): Promise<boolean> {
  const clock = instanceClock(instance);
  const turns = clock.turns();
  for (let quiet = 0; quiet < QUIET_TURNS; quiet++) {
    await new Promise((resolve) => setImmediate(resolve));
    if (clock.turns() !== turns || !outstanding(instance).every(isKnown)) return false;
  }
  return true;
}

export { isQuiet };
