// `mf.usage(work)`: what the events use whose result has no `usage`, such as scheduled events, batches and alarms.

import { usageOf } from "../http/usage.ts";
import type { Usage } from "../../../index.d.ts";
import type { Lane } from "./lane.ts";

/** What the events of a lane use that begin while `work` runs. */
export async function usageWhile(lane: Lane, work: () => unknown): Promise<Usage> {
  if (typeof work !== "function") throw new TypeError(`Invalid argument of usage(): expected a function, got ${work}`);
  const end = lane.control.collectUsage();
  let figures: string | undefined;
  try {
    await work();
  } finally {
    if (lane.ended === undefined) figures = end();
  }
  if (lane.ended !== undefined) throw lane.ended();
  return usageOf(figures);
}
