// Values that Node's V8 makes for the addon or out of bytes are of Node's realm. Where this package is evaluated in another,
// as in a test file of Jest's, they get the prototypes of that one: then `instanceof` and `toStrictEqual` hold.

import { deserialize, serialize } from "node:v8";

const CLASSES = new Map(
  [
    ...[Object, Array, Map, Set, Date, RegExp, Number, String, Boolean, BigInt, ArrayBuffer, DataView],
    ...[Int8Array, Uint8Array, Uint8ClampedArray, Int16Array, Uint16Array, Int32Array, Uint32Array],
    ...[Float32Array, Float64Array, BigInt64Array, BigUint64Array],
    ...[Error, EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError],
  ].map((Class) => [Class.name, Class]),
);

let isElsewhere: boolean | undefined;

/** The same value, with all that it holds of this realm. No other code may have a reference to it yet. */
function adopt<Value>(value: Value): Value {
  if (typeof value !== "object" || value === null) return value;
  isElsewhere ??= !(deserialize(serialize({})) instanceof Object);
  if (isElsewhere) adoptAll([value]);
  return value;
}

function adoptAll(left: unknown[]) {
  const seen = new Set<object>();
  while (left.length > 0) {
    const value = left.pop();
    if (typeof value !== "object" || value === null || seen.has(value)) continue;
    seen.add(value);
    const name: string | undefined = Object.getPrototypeOf(value)?.constructor?.name;
    for (const part of partsOf(value, name)) left.push(part);
    const Class = name === undefined ? undefined : CLASSES.get(name);
    if (Class !== undefined) Object.setPrototypeOf(value, Class.prototype);
  }
}

function partsOf(value: object, name: string | undefined): unknown[] {
  if (ArrayBuffer.isView(value)) return [value.buffer];
  // Their prototypes say that they are, in another realm.
  if (name === "Map") return [...(value as Map<unknown, unknown>)].flat();
  if (name === "Set") return [...(value as Set<unknown>)];
  const names = name === "String" ? [] : Object.getOwnPropertyNames(value);
  return names.map((key) => Reflect.get(value, key));
}

export { adopt };
