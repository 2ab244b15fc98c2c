// The types of `kinds.js`.

import type { WireValue } from "../node/binding/exports.d.ts";
import type { Membrane } from "./membrane.js";

/**
 * A kind of objects that become the other realm's own when they cross. `Value` is what its objects are, `Parts` what of
 * them crosses.
 */
export interface Kind<Value = never, Parts extends unknown[] = never> {
  /** The name on the wire, the same in both realms. */
  kind: string;
  /** Names of constructors, of objects with one of which in their prototypes `is` is asked only. */
  named?: readonly string[];
  /** Whether an object that crosses back is the original, and `decode` gets its number. */
  hasIdentity?: boolean;
  /** Whether an object is of this kind; with `named`, it gets the name that was found. */
  is(value: object, name: string): boolean;
  /** The parts that cross; undefined when this object stays where it is, as a proxy does. */
  encode(value: Value, membrane: Membrane): WireValue[] | undefined;
  /** This realm's own of such parts. A kind without this is refused by `encode`. */
  decode?(parts: Parts, membrane: Membrane, number?: number): unknown;
  /** Answers what the other realm's own of an object asks of it. */
  ask?(value: Value, ...args: never[]): unknown;
}

/** Kinds, looked up by what is to cross. */
export interface Kinds {
  encode(value: object, membrane: Membrane): WireValue[] | undefined;
  decode(kind: string, parts: WireValue[], membrane: Membrane, number?: number): unknown;
  ask(value: object, ...args: unknown[]): unknown;
}

export function createKinds(rows: readonly Kind[]): Kinds;
