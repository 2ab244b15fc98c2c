// The types of `membrane.js`, as Node's half uses it.

import type { WireValue } from "../node/binding/exports.d.ts";
import type { Intrinsics } from "./intrinsics.js";
import type { Errors } from "./membrane-errors.js";
import type { Kinds } from "./kinds.js";
import type { Signals } from "./signals.js";

/** One realm's half of a membrane. */
export interface Membrane {
  encode(this: void, value: unknown): WireValue;
  encodeThrown(value: unknown): WireValue;
  /** What it is, the other half says. */
  decode(this: void, wire: WireValue): unknown;
  /** Answers a call of the other half. */
  serve(call: number, args: WireValue[]): WireValue;
  /** Ends this half: calls from now on throw the reason. */
  close(reason: () => unknown): void;
  /** The number that an object crosses by. */
  number(object: object): number;
  /** The highest number of what has arrived. */
  newest(): number;
  /** Whether this realm can still call the other one, by something above that number which has arrived, or by a signal. */
  holdsNewer(number: number): boolean;
  /** Asks the original of an object, by its number, for something. */
  ask(number: number, ...args: unknown[]): unknown;
  /** Calls a function of the other realm, by its number. */
  apply(number: number, wires: WireValue[]): unknown;
  /** A proxy of an object of the other realm, by its number. */
  standIn(number: number): object;
  isForeign(object: object): boolean;
  /** Has `end(reason)` called when this half ends, unless the function that is returned has been called before. */
  whenClosed(end: (reason: unknown) => void): () => void;
  signals: Signals;
}

/** What a realm provides: see `createMembrane`. */
export interface Realm {
  call(number: number, args: WireValue[]): WireValue;
  waiting(delta: number): void;
  owes(promise: object, is: boolean): void;
  serialize(value: unknown): Uint8Array;
  deserialize(bytes: Uint8Array): unknown;
  intrinsics: Intrinsics;
  errors: Errors;
  kinds: Kinds;
  signals: Signals;
  answers: typeof import("../web/sources.js").answers;
  data: typeof import("./membrane-data.js");
  /** How many bytes are copied on their way at once, and need no copy here. */
  copiesBelow: number;
  isProxy(object: unknown): boolean;
  inspect(object: unknown): string;
  context(): unknown;
  resume(context: unknown): boolean;
  leave(): void;
  showAs(target: object, inspect: () => unknown): void;
}

export function createMembrane(realm: Realm): Membrane;
