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

let isElsewhere;

/** The same value, with all that it holds of this realm. Nobody else may have it yet. */
function adopt(value) {
  if (typeof value !== "object" || value === null) return value;
  isElsewhere ??= !(deserialize(serialize({})) instanceof Object);
  if (isElsewhere) adoptAll([value]);
  return value;
}

function adoptAll(left) {
  const seen = new Set();
  while (left.length > 0) {
    const value = left.pop();
    if (typeof value !== "object" || value === null || seen.has(value)) continue;
    seen.add(value);
    const name = Object.getPrototypeOf(value)?.constructor?.name;
    for (const part of partsOf(value, name)) left.push(part);
    if (CLASSES.has(name)) Object.setPrototypeOf(value, CLASSES.get(name).prototype);
  }
}

function partsOf(value, name) {
  if (ArrayBuffer.isView(value)) return [value.buffer];
  if (name === "Map") return [...value].flat();
  if (name === "Set") return [...value];
  const names = name === "String" ? [] : Object.getOwnPropertyNames(value);
  return names.map((key) => value[key]);
}

export { adopt };
