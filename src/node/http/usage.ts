// What a worker has used for an event, as users see it. Made of the worker's figures (`src/realm/usage.ts`) when it is read.

import { rooms } from "../rooms.ts";
import type { Usage } from "../../../index.d.ts";
import type { WireValue } from "../../wire.ts";

/** The figures of an event, of which there may be the CPU time alone. */
type Figures = [cpu?: number, subrequests?: number, internal?: number, gates?: number, ...operations: WireValue[][]];
/** The numbers of each binding. */
type Counts = Record<string, Record<string, number>>;

/** The usage of an event; without figures, that of what no worker has answered. */
export function usageOf(wire: WireValue): Usage {
  const [cpuMs = 0, subrequests = 0, internalSubrequests = 0, gateMs = 0, ...operations] = (
    typeof wire === "string" ? JSON.parse(wire) : [wire]
  ) as Figures;
  const counted: Record<string, Counts> = {};
  for (const { usage } of rooms) {
    if (usage === undefined) continue;
    const { property, counts } = usage;
    counted[property] = {};
    for (const [of, binding, ...numbers] of operations) {
      if (of !== property) continue;
      const entries = (counts as readonly string[]).map((name, index): [string, number] => [
        name,
        numbers[index] as number,
      ]);
      counted[property][binding as string] = Object.fromEntries(entries);
    }
  }
  return { cpuMs, gateMs, subrequests, internalSubrequests, ...counted } as unknown as Usage;
}
