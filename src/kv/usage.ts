// What is counted of the operations on namespaces.

import type { Operations } from "../wire.ts";

export const USAGE = { property: "kv", counts: ["reads", "writes", "deletes", "lists"] } as const satisfies Operations;
