// Lines in the log that say that something long is still under way.

import timers from "node:timers";
import type { Log } from "../../../index.d.ts";
const { clearTimeout, setTimeout } = timers;

const FIRST_MS = 2_000;
const NEXT_MS = 10_000;

/**
 * Tells the log after some seconds, and again at intervals, that something is not done yet.
 * @param what is under way: "Building"
 * @returns the function that ends this
 */
export function showProgress(log: Log, what: string): () => void {
  const start = performance.now();
  const tell = () => {
    log.info(`${what}... (${Math.round((performance.now() - start) / 1000)}s)`);
    timer = setTimeout(tell, NEXT_MS).unref();
  };
  let timer = setTimeout(tell, FIRST_MS).unref();
  return () => clearTimeout(timer);
}
