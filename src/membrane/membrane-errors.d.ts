// The types of `membrane-errors.js`, as Node's half uses it.

import type { Intrinsics } from "./intrinsics.js";

/** How errors of a realm cross. What is in it is for `membrane.js` alone. */
export interface Errors {
  is(value: unknown): boolean;
}

export function createErrors(realm: {
  intrinsics: Intrinsics;
  /** Called with each rebuilt error and its name. */
  refine?(error: Error, name: string): void;
  /** The stack that an error of this realm shows to the other. */
  stackOf?(error: Error): unknown;
}): Errors;
