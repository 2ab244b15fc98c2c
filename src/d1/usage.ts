// What is counted of the operations on databases.

import type { Operations } from "../wire.ts";

export const USAGE = { property: "d1", counts: ["queries", "rowsRead", "rowsWritten"] } as const satisfies Operations;
