// The end of the command by a signal: what was started ends first, for as long as a person waits. The addon sees to the rest,
// as a worker may keep this thread busy.

import { constants } from "node:os";
import { binding } from "../binding/binding.ts";

/** Storage that has confirmed a write has it on disk, so an end that takes longer loses nothing. */
const GRACE_MS = 900;
const SIGNALS = ["SIGHUP", "SIGINT", "SIGTERM"] as const;

/**
 * Ends the process after the first signal once `end` is done, or has taken too long, and at once after the second. The exit
 * code is 128 and the signal's number, as shells have it.
 * @returns whether a signal has come
 */
export function endOnSignals(end: () => Promise<void>): () => boolean {
  let isEnding = false;
  for (const signal of SIGNALS) {
    const exit = () => process.exit(128 + constants.signals[signal]);
    process.on(signal, () => {
      if (isEnding) return;
      isEnding = true;
      end().then(exit, exit);
    });
  }
  return () => isEnding;
}

/** Ends the process even if this thread is busy. The handlers of `endOnSignals`, which must be set before, go on to be called. */
export function endWhileBusy(): void {
  const numbers = SIGNALS.map((signal) => constants.signals[signal]);
  binding.endAfterSignals(numbers, GRACE_MS);
}
