// What operations on the storage of objects are called in `usage`.

import type { Operations } from "../wire.ts";

export const OPERATIONS = {
  property: "durableObjects",
  counts: ["reads", "writes", "deletes", "lists", "rowsRead", "rowsWritten"],
} as const satisfies Operations;
