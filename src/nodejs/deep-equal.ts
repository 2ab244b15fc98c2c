// Whether two values are deeply equal, as `assert.deepStrictEqual`, `assert.deepEqual` and `util.isDeepStrictEqual` of Node
// compare them.

import types from "./util-types.ts";

type Pairs = Map<object, object>;
type Keyed = Record<PropertyKey, unknown>;

/** Values, types and prototypes must be equal. */
export const isDeepStrictEqual = (a: unknown, b: unknown) => equal(a, b, true, new Map());
/** Primitives are compared with `==`, and prototypes are not. */
export const isDeepLooseEqual = (a: unknown, b: unknown) => equal(a, b, false, new Map());

function equal(a: unknown, b: unknown, isStrict: boolean, pairs: Pairs): boolean {
  if (a === b) return a !== 0 || !isStrict || Object.is(a, b);
  if (typeof a !== "object" || a === null || typeof b !== "object" || b === null) {
    if (isStrict) return Number.isNaN(a) && Number.isNaN(b);
    const isObject = (value: unknown) => typeof value === "object" && value !== null;
    if (isObject(a) || isObject(b)) return false;
    // biome-ignore lint/suspicious/noDoubleEquals: what Node's loose comparison is
    return a == b || (Number.isNaN(a) && Number.isNaN(b));
  }
  if (isStrict && Object.getPrototypeOf(a) !== Object.getPrototypeOf(b)) return false;
  if (tagOf(a) !== tagOf(b) || Array.isArray(a) !== Array.isArray(b)) return false;
  if (!isSameInside(a, b, isStrict)) return false;
  // Of a pair that is being compared, the rest decides.
  if (pairs.get(a) === b) return true;
  pairs.set(a, b);
  const result = equalParts(a, b, isStrict, pairs);
  pairs.delete(a);
  return result;
}

const tagOf = (object: object) => Object.prototype.toString.call(object);

/** What an object holds beside its properties and elements. */
function isSameInside(a: object, b: object, isStrict: boolean): boolean {
  if (types.isDate(a)) return types.isDate(b) && Object.is(a.getTime(), b.getTime());
  if (types.isRegExp(a)) {
    return types.isRegExp(b) && a.source === b.source && a.flags === b.flags && a.lastIndex === b.lastIndex;
  }
  if (types.isNativeError(a) || a instanceof Error) {
    return (types.isNativeError(b) || b instanceof Error) && a.message === b.message && a.name === b.name;
  }
  if (types.isArrayBufferView(a)) return types.isArrayBufferView(b) && isSameView(a, b, isStrict);
  if (types.isAnyArrayBuffer(a)) return types.isAnyArrayBuffer(b) && isSameBytes(new Uint8Array(a), new Uint8Array(b));
  if (types.isBoxedPrimitive(a)) return types.isBoxedPrimitive(b) && isSamePrimitive(a, b);
  if (types.isWeakMap(a) || types.isWeakSet(a) || types.isPromise(a)) return false;
  return types.isSet(a) === types.isSet(b) && types.isMap(a) === types.isMap(b);
}

/** What a wrapper holds, whatever its properties are. */
const VALUES: [isOf: (value: unknown) => boolean, valueOf: (this: never) => unknown][] = [
  [types.isNumberObject, Number.prototype.valueOf],
  [types.isStringObject, String.prototype.valueOf],
  [types.isBooleanObject, Boolean.prototype.valueOf],
  [types.isBigIntObject, BigInt.prototype.valueOf],
  [types.isSymbolObject, Symbol.prototype.valueOf],
];

function isSamePrimitive(a: object, b: object): boolean {
  const kind = VALUES.find(([isOf]) => isOf(a));
  if (kind === undefined) return false;
  const [isSame, read] = kind;
  return isSame(b) && Object.is(read.call(a as never), read.call(b as never));
}

function isSameView(a: ArrayBufferView, b: ArrayBufferView, isStrict: boolean): boolean {
  const isFloat = types.isFloat32Array(a) || types.isFloat64Array(a);
  if (isFloat && !isStrict) {
    const [left, right] = [a as Float64Array, b as Float64Array];
    return left.length === right.length && left.every((value, index) => value === right[index]);
  }
  const bytesOf = (view: ArrayBufferView) => new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
  return isSameBytes(bytesOf(a), bytesOf(b));
}

const isSameBytes = (a: Uint8Array, b: Uint8Array) =>
  a.length === b.length && a.every((value, index) => value === b[index]);

function equalParts(a: object, b: object, isStrict: boolean, pairs: Pairs): boolean {
  if (Array.isArray(a) && a.length !== (b as unknown[]).length) return false;
  const isIndexed = ArrayBuffer.isView(a);
  const keys = isIndexed ? Object.keys(a).filter((key) => !/^\d+$/.test(key)) : Object.keys(a);
  const others = isIndexed ? Object.keys(b).filter((key) => !/^\d+$/.test(key)) : Object.keys(b);
  if (keys.length !== others.length || !keys.every((key) => Object.hasOwn(b, key))) return false;
  const symbols = isStrict ? symbolsOf(a) : [];
  if (isStrict && (symbols.length !== symbolsOf(b).length || !symbols.every((key) => Object.hasOwn(b, key))))
    return false;
  for (const hidden of ["cause", "errors"]) {
    if (!types.isNativeError(a) || keys.includes(hidden)) continue;
    if (Object.hasOwn(a, hidden) !== Object.hasOwn(b, hidden)) return false;
    if (!equal((a as unknown as Keyed)[hidden], (b as unknown as Keyed)[hidden], isStrict, pairs)) return false;
  }
  if (![...keys, ...symbols].every((key) => equal((a as Keyed)[key], (b as Keyed)[key], isStrict, pairs))) return false;
  if (types.isSet(a)) return equalSets(a, b as Set<unknown>, isStrict, pairs);
  return types.isMap(a) ? equalMaps(a, b as Map<unknown, unknown>, isStrict, pairs) : true;
}

const symbolsOf = (object: object) =>
  Object.getOwnPropertySymbols(object).filter((key) => Object.prototype.propertyIsEnumerable.call(object, key));

/** Whether every item has a partner of its own among the others. */
function match<Item>(items: Item[], others: Item[], isPair: (a: Item, b: Item) => boolean): boolean {
  const left = [...others];
  return items.every((item) => {
    const index = left.findIndex((other) => isPair(item, other));
    if (index < 0) return false;
    left.splice(index, 1);
    return true;
  });
}

function equalSets(a: Set<unknown>, b: Set<unknown>, isStrict: boolean, pairs: Pairs): boolean {
  if (a.size !== b.size) return false;
  const missing = [...a].filter((item) => !b.has(item));
  if (missing.length === 0) return true;
  const others = [...b].filter((item) => !a.has(item));
  return match(missing, others, (one, other) => equal(one, other, isStrict, new Map(pairs)));
}

function equalMaps(a: Map<unknown, unknown>, b: Map<unknown, unknown>, isStrict: boolean, pairs: Pairs): boolean {
  if (a.size !== b.size) return false;
  const isPair = (one: unknown, other: unknown) => equal(one, other, isStrict, new Map(pairs));
  const missing: [unknown, unknown][] = [];
  for (const [key, value] of a) {
    if (!b.has(key)) missing.push([key, value]);
    else if (!equal(value, b.get(key), isStrict, pairs)) return false;
  }
  const others = [...b].filter(([key]) => !a.has(key));
  return match(missing, others, (one, other) => isPair(one[0], other[0]) && isPair(one[1], other[1]));
}
