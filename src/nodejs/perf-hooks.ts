// `node:perf_hooks`: the realm's own `performance`, and what Node has besides.

import library from "unenv/node/perf_hooks";
import { notImplemented, validateFunction } from "./errors.ts";

/** The classes that the realm has of its own. */
const CLASSES = [
  ...["Performance", "PerformanceEntry", "PerformanceMark", "PerformanceMeasure", "PerformanceObserver"],
  ...["PerformanceObserverEntryList", "PerformanceResourceTiming"],
];
const own = Object.fromEntries(
  CLASSES.filter((name) => name in globalThis).map((name) => [name, (globalThis as Record<string, unknown>)[name]]),
);
const refused = (name: string) => () => {
  throw notImplemented(name);
};

const perfHooks: Record<string, unknown> = {
  ...library,
  ...own,
  createHistogram: refused("createHistogram"),
  eventLoopUtilization: () => ({ idle: 0, active: 0, utilization: 0 }),
  monitorEventLoopDelay: refused("monitorEventLoopDelay"),
  performance,
  timerify(work: unknown) {
    validateFunction(work, "fn");
    return work;
  },
};

export default perfHooks;
