// Copies of values: what a call passes, and what it returns. The other end never sees what becomes of the original.
//
// One copy of this runs in the worker and one in Node. `Passing` says what becomes of objects that are not copied: functions
// and targets, stubs, and objects of the platform.

import { hookOf, isPlain, pendingName } from "./stubs.ts";
import type { Hook } from "./hook.ts";

/** What a copier is given for the objects that it does not copy itself. */
export interface Passing {
  /** A function, or an instance of a class whose methods can be called. */
  target(value: object): unknown;
  /** A stub, and what it refers to. */
  stub(value: object, hook: Hook): unknown;
  isTarget(value: object): boolean;
  /** What becomes of an object of the platform; undefined for other values. */
  platform(value: object): unknown;
  error(value: Error): unknown;
  /** How many bytes a value takes when it is serialized; undefined if it cannot be as a whole. */
  sizeOf(value: unknown): number | undefined;
  /** The error of a value that cannot be passed. */
  refuse(text: string): Error;
}

type AnyObject = Record<string, unknown>;

/** What Workers pass in one message at most: https://developers.cloudflare.com/workers/runtime-apis/rpc/#limitations */
const MAX_BYTES = 32 * 1024 * 1024;
/** A message that counts less is not too long: a string, of which each unit counts one, has up to two bytes per unit. */
const ALWAYS_FITS = MAX_BYTES / 2 - 1024;
/** At most, of a number that is serialized. */
const NUMBER_BYTES = 9;

/** A string of this length is no reason to count the bytes of a message. */
const SHORT = 1024;
/** The longest list of short values that surely fits. */
const SHORT_LIST = 1024;

/** Whether a value is the same everywhere, and takes few bytes. */
export function isShort(value: unknown): boolean {
  switch (typeof value) {
    case "object":
      return value === null;
    case "function":
    case "symbol":
    case "bigint":
      return false;
    case "string":
      return value.length <= SHORT;
    default:
      return true;
  }
}

/** A copy of a list of short values; undefined if there is more to copy of it. */
export function copyShortList(list: unknown[]): unknown[] | undefined {
  if (list.length > SHORT_LIST) return undefined;
  const copy: unknown[] = [];
  for (let index = 0; index < list.length; index++) {
    const item = list[index];
    if (!isShort(item) || (item === undefined && !(index in list))) return undefined;
    copy.push(item);
  }
  return copy;
}

function checkSize(bytes: number) {
  if (bytes < MAX_BYTES) return;
  throw new Error(
    `Serialized RPC arguments or return values are limited to 32MiB, but the size of this value was: ${bytes} bytes.`,
  );
}

const { prototype: objectPrototype } = Object;
const { toString: objectToString } = objectPrototype;

export class Copier {
  #passing: Passing;
  #known: Map<object, unknown> | undefined;
  /** About as many bytes as the values take that were copied. */
  #size = 0;

  constructor(passing: Passing) {
    this.#passing = passing;
  }

  /** Copies the arguments or the result of a call. */
  copyMessage(value: unknown): unknown {
    const copy = this.copy(value);
    if (this.#size > ALWAYS_FITS) checkSize(this.#passing.sizeOf(value) ?? this.#size);
    return copy;
  }

  copy(value: unknown): unknown {
    switch (typeof value) {
      case "string":
        this.#size += value.length;
        return value;
      case "number":
        this.#size += NUMBER_BYTES;
        return value;
      case "object":
        this.#size += 1;
        return value === null ? value : this.#copyObject(value);
      case "function":
        return this.#copyObject(value);
      case "symbol":
        throw this.#passing.refuse(`${String(value)} could not be cloned.`);
      default:
        this.#size += 1;
        return value;
    }
  }

  #copyObject(value: object): unknown {
    const known = this.#known?.get(value);
    if (known !== undefined) return known;
    const hook = hookOf(value);
    if (hook !== undefined) return this.#note(value, this.#passing.stub(value, hook));
    const pending = pendingName(value);
    if (pending !== undefined) throw this.#passing.refuse(unserializable(pending));
    if (typeof value === "function") return this.#note(value, this.#passing.target(value));
    if (Array.isArray(value)) return this.#copyArray(value);
    if (isPlain(value)) return this.#copyMembers(value, {});
    return this.#copyBuiltIn(value);
  }

  #note<Copy>(value: object, copy: Copy): Copy {
    this.#known ??= new Map();
    this.#known.set(value, copy);
    return copy;
  }

  #copyArray(value: unknown[]): unknown[] {
    const copy: unknown[] = this.#note(value, []);
    copy.length = value.length;
    for (let index = 0; index < value.length; index++) if (index in value) copy[index] = this.copy(value[index]);
    return copy;
  }

  #copyMembers(value: AnyObject, copy: AnyObject): AnyObject {
    this.#note(value, copy);
    const keys = Object.keys(value);
    for (let index = 0; index < keys.length; index++) {
      this.#size += keys[index].length;
      const member = this.copy(value[keys[index]]);
      if (keys[index] === "__proto__") define(copy, keys[index], member);
      else copy[keys[index]] = member;
    }
    return copy;
  }

  #copyBuiltIn(value: object): unknown {
    if (this.#passing.isTarget(value)) return this.#note(value, this.#passing.target(value));
    if (value instanceof Map) return this.#copyMap(value);
    if (value instanceof Set) return this.#copySet(value);
    if (value instanceof Date) return this.#note(value, new Date(value.getTime()));
    if (value instanceof RegExp) return this.#note(value, new RegExp(value.source, value.flags));
    if (value instanceof ArrayBuffer) return this.#copyBuffer(value);
    if (ArrayBuffer.isView(value)) return this.#copyView(value);
    if (value instanceof Number || value instanceof String || value instanceof Boolean || value instanceof BigInt)
      return this.#note(value, Object(value.valueOf()));
    const platform = this.#passing.platform(value);
    if (platform !== undefined) return this.#note(value, platform);
    if (value instanceof Error) return this.#note(value, this.#passing.error(value));
    const name = nameOf(value);
    const isBuiltIn = BUILT_IN.some((Class) => value instanceof Class);
    if (name === "") throw this.#passing.refuse(`${objectToString.call(value)} could not be cloned.`);
    throw this.#passing.refuse(isBuiltIn ? `#<${name}> could not be cloned.` : unserializable(name));
  }

  #copyBuffer(value: ArrayBuffer) {
    this.#size += value.byteLength;
    return this.#note(value, value.slice(0));
  }

  #copyMap(value: Map<unknown, unknown>) {
    const copy = this.#note(value, new Map());
    for (const [key, member] of [...value]) copy.set(this.copy(key), this.copy(member));
    return copy;
  }

  #copySet(value: Set<unknown>) {
    const copy = this.#note(value, new Set());
    for (const member of [...value]) copy.add(this.copy(member));
    return copy;
  }

  /** Views of one buffer are views of one copy. */
  #copyView(view: ArrayBufferView) {
    const { buffer, byteOffset } = view;
    const copied = this.#copyObject(buffer as ArrayBuffer) as ArrayBuffer;
    const length = view instanceof DataView ? view.byteLength : (view as Uint8Array).length;
    const Class = VIEWS.find((one) => view instanceof one) ?? DataView;
    return this.#note(view, new (Class as typeof Uint8Array)(copied, byteOffset, length));
  }
}

/** Built-in classes whose objects have no copy. */
const BUILT_IN = [Promise, WeakMap, WeakSet, WeakRef];

const unserializable = (name: string) =>
  `Could not serialize object of type "${name}". This type does not support serialization.`;

const VIEWS = [
  ...[Uint8Array, Int8Array, Uint8ClampedArray, Uint16Array, Int16Array, Uint32Array, Int32Array],
  ...[Float32Array, Float64Array, BigInt64Array, BigUint64Array],
];

function define(object: object, name: string, value: unknown) {
  Object.defineProperty(object, name, { value, writable: true, enumerable: true, configurable: true });
}

/** The name of the class of an object that cannot be passed. */
function nameOf(value: object): string {
  const prototype = Object.getPrototypeOf(value);
  if (prototype === null || prototype === objectPrototype) return "Object";
  const name = (prototype as { constructor?: { name?: unknown } }).constructor?.name;
  return typeof name === "string" ? name : "Object";
}

/** Puts objects in the place of others, in a value that nothing else has yet. */
export function replaceIn(value: unknown, replacements: Map<object, unknown>, seen = new Set<object>()): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (replacements.has(value)) return replacements.get(value);
  if (seen.has(value)) return value;
  seen.add(value);
  const replaced = (one: unknown) => replaceIn(one, replacements, seen);
  if (value instanceof Map) {
    const entries = [...value].map(([key, member]) => [replaced(key), replaced(member)] as const);
    value.clear();
    for (const [key, member] of entries) value.set(key, member);
  } else if (value instanceof Set) {
    const members = [...value].map(replaced);
    value.clear();
    for (const member of members) value.add(member);
  } else if (Array.isArray(value) || isPlain(value)) {
    for (const key of Object.keys(value)) (value as AnyObject)[key] = replaced((value as AnyObject)[key]);
  }
  return value;
}
