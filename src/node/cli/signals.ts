// The end of the command by a signal: what was started ends first, for as long as a person waits.

import { constants } from "node:os";

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
      if (isEnding) exit();
      isEnding = true;
      setTimeout(exit, GRACE_MS);
      end().then(exit, exit);
    });
  }
  return () => isEnding;
}
