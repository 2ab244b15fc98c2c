// What is counted of the operations on buckets.

import type { Operations } from "../wire.ts";

export const USAGE = { property: "r2", counts: ["classA", "classB", "deletes"] } as const satisfies Operations;
