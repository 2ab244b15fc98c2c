// The types of `membrane-data.js`.

import type { WireValue } from "../node/binding/exports.d.ts";

export function isBytes(value: unknown): value is Uint8Array;

/** Whether a value is nothing but data: then it is cloned. */
export function isData(value: unknown, isProxy: (value: unknown) => boolean, seen?: Set<unknown>): boolean;

/** Whether data is a few plain objects and arrays, none of them there twice. */
export function isSmall(value: unknown, seen?: Set<unknown>): boolean;

/** Data on the wire, all of which is plain objects, arrays and bytes. */
export function listed(value: unknown): WireValue;
