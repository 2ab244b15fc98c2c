// Kinds of objects that become the other realm's own when they cross, instead of proxies. Rooms bring them, a row each for
// either realm; nothing here knows one of them.
//
// A row is `{ kind, is, encode, decode }`:
//   `kind` the name on the wire, the same in both realms;
//   `is(value, name)` whether an object is of this kind; with `named`, a list, it is asked only of objects one of whose
//   prototypes has a constructor of such a name, which it gets;
//   `encode(object, membrane)` the parts that cross, in a list; undefined when this object stays where it is, as a proxy does;
//   `decode(parts, membrane, number)` this realm's own of such parts;
//   `hasIdentity` whether an object that crosses back is the original, and `decode` gets its number: what was made of it may
//   ask of it by `membrane.ask(number, ...args)`, which `ask(object, membrane, ...args)` answers, and by
//   `membrane.tell(number, wires)`, which `tell(object, wires)` does.

import { TAG } from "../protocol.ts";
import type { WireValue } from "../wire.ts";
import type { Membrane } from "./membrane.ts";

const { PLATFORM } = TAG;

/**
 * A kind of objects that become the other realm's own when they cross. `Value` is what its objects are, `Parts` what of
 * them crosses.
 */
interface Kind<Value = never, Parts extends unknown[] = never> {
  kind: string;
  named?: readonly string[];
  hasIdentity?: boolean;
  is(value: object, name: string): boolean;
  encode(value: Value, membrane: Membrane): WireValue[] | undefined;
  /** A kind without this is refused by `encode`. */
  decode?(parts: Parts, membrane: Membrane, number?: number): unknown;
  ask?(value: Value, membrane: Membrane, ...args: never[]): unknown;
  tell?(value: Value, wires: never[]): WireValue;
}

/** Kinds, looked up by what is to cross. */
interface Kinds {
  encode(value: object, membrane: Membrane): WireValue[] | undefined;
  decode(kind: string, parts: WireValue[], membrane: Membrane, number?: number): unknown;
  ask(value: object, membrane: Membrane, ...args: unknown[]): unknown;
  tell(value: object, wires: WireValue[]): WireValue;
}

/** A row, once `is` has said that a value is of its kind. */
interface Row extends Omit<Kind<object, WireValue[]>, "is"> {
  is(value: object, name?: string): boolean;
  decode(parts: WireValue[], membrane: Membrane, number?: number): unknown;
  ask(value: object, membrane: Membrane, ...args: unknown[]): unknown;
  tell(value: object, wires: WireValue[]): WireValue;
}

function createKinds(rows: readonly Kind[]): Kinds {
  const byKind = new Map((rows as readonly Row[]).map((row) => [row.kind, row]));
  const unnamed = (rows as readonly Row[]).filter(({ named }) => named === undefined);
  const byName = new Map((rows as readonly Row[]).flatMap((row) => (row.named ?? []).map((name) => [name, row])));
  return { encode, decode, ask, tell };

  function rowOf(value: object) {
    for (let index = 0; index < unnamed.length; index++) {
      if (unnamed[index].is(value)) return unnamed[index];
    }
    return byName.size === 0 ? undefined : namedRowOf(value);
  }

  function namedRowOf(value: object) {
    for (let one = Object.getPrototypeOf(value); one !== null; one = Object.getPrototypeOf(one)) {
      const name = Object.getOwnPropertyDescriptor(one, "constructor")?.value?.name;
      const row = byName.get(name);
      if (row?.is(value, name)) return row;
    }
    return undefined;
  }

  /** What crosses for an object; undefined when no room has a row for it. */
  function encode(value: object, membrane: Membrane) {
    const row = rowOf(value);
    const parts = row?.encode(value, membrane);
    if (parts === undefined) return undefined;
    return (row as Row).hasIdentity
      ? [PLATFORM, membrane.number(value), (row as Row).kind, ...parts]
      : [(row as Row).kind, ...parts];
  }

  function decode(kind: string, parts: WireValue[], membrane: Membrane, number?: number) {
    const row = byKind.get(kind);
    if (row === undefined) throw new TypeError(`No room knows objects of the kind "${kind}"`);
    return row.decode(parts, membrane, number);
  }

  /** Answers what the other realm's own of an object asks of it. */
  function ask(object: object, membrane: Membrane, ...args: unknown[]) {
    return (rowOf(object) as Row).ask(object, membrane, ...args);
  }

  /** The same, of values that cross as they are. */
  function tell(object: object, wires: WireValue[]) {
    return (rowOf(object) as Row).tell(object, wires);
  }
}

export { createKinds };
export type { Kind, Kinds };
