// Data that Node itself has made, given to the realm that this package is loaded in. `node:v8` and `structuredClone` make
// their objects in Node's main realm; a test runner may have loaded this package into one of its own, where `instanceof`
// and `toStrictEqual` compare with classes of that realm.
//
// Objects of built-in classes differ from realm to realm by nothing but their prototypes, so those are replaced: that is
// sooner done than a copy, or a second clone through a message port of the other realm.

import util from "node:util";

/** Whose objects are data. Where a runner shares a class of Node's with its realm, both prototypes are the same. */
const CLASSES = [
  ...["Object", "Array", "Map", "Set", "Date", "RegExp", "Boolean", "Number", "String", "BigInt"],
  ...["ArrayBuffer", "DataView", "Int8Array", "Uint8Array", "Uint8ClampedArray", "Int16Array", "Uint16Array"],
  ...["Int32Array", "Uint32Array", "Float32Array", "Float64Array", "BigInt64Array", "BigUint64Array"],
  ...["Error", "EvalError", "RangeError", "ReferenceError", "SyntaxError", "TypeError", "URIError"],
] as const;

/** The prototypes of Node's main realm, and what stands for each in this one; undefined where this is the main realm. */
const prototypes = Object.getPrototypeOf(util.inspect) === Function.prototype ? undefined : pairs();

function pairs(): Map<object, object> {
  const main = mainGlobal();
  const both = CLASSES.map((name): [object, object] => [main[name].prototype, globalThis[name].prototype]);
  return new Map(both.filter(([theirs, ours]) => theirs !== ours));
}

/** The global object of Node's main realm. */
function mainGlobal(): typeof globalThis {
  return require("node:vm").runInThisContext("globalThis");
}

/** `value` with all that is in it, as objects of this realm. It must be new, and no other code may have a reference to it. */
function adopt<Value>(value: Value): Value {
  if (prototypes !== undefined && typeof value === "object" && value !== null) adoptAll(value, prototypes);
  return value;
}

function adoptAll(root: object, prototypes: Map<object, object>) {
  const left = [root];
  for (let value = left.pop(); value !== undefined; value = left.pop()) {
    const ours = prototypes.get(Object.getPrototypeOf(value));
    // Of this realm already, or no data.
    if (ours === undefined) continue;
    Object.setPrototypeOf(value, ours);
    for (const part of partsOf(value, ours)) if (typeof part === "object" && part !== null) left.push(part);
  }
}

/** What is in a value that has this prototype. */
function partsOf(value: object, prototype: object): Iterable<unknown> {
  switch (prototype) {
    case Object.prototype:
    case Array.prototype:
      return Object.values(value);
    case Map.prototype:
      return [...(value as Map<unknown, unknown>).keys(), ...(value as Map<unknown, unknown>).values()];
    case Set.prototype:
      return value as Set<unknown>;
    default:
      return value instanceof Error ? [value.cause] : [];
  }
}

/** Whether this realm is one that a test runner has made. */
const isApart = prototypes !== undefined;

/** What test tools replace, perhaps before what needs it is loaded. */
const { performance, queueMicrotask } = isApart ? mainGlobal() : globalThis;

export { adopt, isApart, mainGlobal, performance, queueMicrotask };
