// What is counted of the operations on queues.

import type { Operations } from "../wire.ts";

export const USAGE = { property: "queues", counts: ["messages"] } as const satisfies Operations;
