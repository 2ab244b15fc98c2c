// The part of `exports.d.ts` that is written by hand: types of the wire, and the functions of `raw.rs`.

import type { Content, WireValue } from "../../wire.ts";
export type { Content, WireValue };

/** Where to store: in memory, in a folder (and whether to wait for the disk), or at the URL of a Redis server (with the
 * certificate authorities to trust, in PEM). */
export type Place = [] | [folder: string, sync: boolean] | [url: string, authorities: string];

/** Calls into a worker, synchronously. `undefined` when the lane is condemned or closed. */
export function call(lane: number, call: number, args: WireValue[]): WireValue;

/** Dispatches an event. Returns its answer if the worker gives it at once; otherwise the answer comes by the host. */
export function dispatch(lane: number, event: number, ...args: WireValue[]): WireValue;

/** Reads from a namespace: of an instance by its name there, or in a storage at a time. Null when there is no value;
 * with `metadata` a list of both. May answer with a number for `later`. */
export function kvGet(
  owner: number,
  name: string | number,
  key: string,
  bytes: boolean,
  metadata: boolean,
  cacheTtl: string | undefined,
): WireValue;

/** Writes to a namespace, named as for `kvGet`. May answer with a number for `later`. */
export function kvPut(owner: number, name: string | number, key: string, value: Content, options: WireValue): WireValue;

/** Awaits what a call answered with a number. `settle` is called with an error's class and text, or with null and the
 * value. */
export function later(number: number, settle: (error: string | null, value: WireValue) => void): void;
