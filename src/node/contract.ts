// What the package exports is what its contract, `index.d.ts`, says: the type check fails where it is not. Nothing loads this.

import type * as contract from "../../index.d.ts";
import type * as exported from "./index.ts";

type Values = typeof exported;
type Contract = typeof contract;

/** Compiles when `Actual` can be used for all that `Expected` says. */
type Meets<Expected, Actual extends Expected> = Actual;

export type Check = Meets<Contract, Values>;
export type NoMore = Meets<keyof Contract, keyof Values>;
