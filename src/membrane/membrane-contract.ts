// What the halves of the membrane are, and what a realm provides for its half (`createMembrane` in `membrane.ts`).

import type { WireValue } from "../wire.ts";
import type { Intrinsics } from "./intrinsics.ts";
import type { Kinds } from "./kinds.ts";
import type { Errors } from "./membrane-errors.ts";
import type { Signals } from "./signals.ts";

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
  /**
   * Gives values of the wire to a function of the other realm, or to what `tell` of a kind has for an object, by its number.
   * They cross as they are, which costs less than `ask` and `apply` do. Undefined if that throws there.
   */
  tell(number: number, wires: WireValue[]): WireValue;
  /** The number by which an object of the other realm has arrived. */
  numberOf(proxy: object): number | undefined;
  /** Calls a function of the other realm, by its number. */
  apply(number: number, wires: WireValue[]): unknown;
  /** A proxy of an object of the other realm, by its number. */
  standIn(number: number): object;
  isForeign(object: object): boolean;
  /** Has `end(reason)` called when this half ends, unless the function that is returned has been called before. */
  letGo(number: number): void;
  whenClosed(end: (reason: unknown) => void): () => void;
  signals: Signals;
}

/** What a realm provides for its half. */
export interface Realm {
  /** Calls the other half, synchronously. */
  call(number: number, args: WireValue[]): WireValue;
  /** Told when promises of the other realm begin and cease to be awaited, by their numbers; those of senders bring chunks. */
  waiting(delta: number, number: number, isOfSender?: boolean): void;
  /** Told when the other realm begins and ceases to await a promise of this one. */
  owes(promise: object, is: boolean): void;
  /** Structured clone. */
  serialize(value: unknown): Uint8Array;
  deserialize(bytes: Uint8Array): unknown;
  /** Classes that both realms have. */
  intrinsics: Intrinsics;
  /** How errors cross, which are cloned too. */
  errors: Errors;
  kinds: Kinds;
  signals: Signals;
  /** How the answers of senders cross: their promises are never sent back and so need no identity. */
  answers: typeof import("../web/sources.ts").answers;
  data: Pick<typeof import("./membrane-data.ts"), "isBytes" | "isData" | "isSmall" | "listed">;
  /** How many bytes are copied on their way at once, and need no copy here. */
  copiesBelow: number;
  /** Whether an object is a `Proxy`, which answers for itself. */
  isProxy(object: unknown): boolean;
  /** The text that shows an object. */
  inspect(object: unknown): string;
  /** What an object was shared in. */
  context(): unknown;
  /** Enters that again for a call of the object, where it must be; then `leave` follows. */
  resume(context: unknown): boolean;
  leave(): void;
  /** Makes a proxy's target show that text. */
  showAs(target: object, inspect: () => unknown): void;
}
