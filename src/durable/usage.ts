// What is counted of the operations on the storage of objects.

import { countStorage } from "ext:miniflare/realm/context.ts";
import { OPERATIONS } from "./operations.ts";

/** The places of the numbers. */
export const COUNT = { READS: 0, WRITES: 1, DELETES: 2, LISTS: 3, ROWS_READ: 4, ROWS_WRITTEN: 5 } as const;

/** Counts what the object whose code runs does. */
export const count = (place: number, by?: number) => countStorage(OPERATIONS, place, by);
