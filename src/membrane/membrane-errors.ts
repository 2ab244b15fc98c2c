// How errors cross: rebuilt in the other realm as an instance of the same built-in class, with name, message, stack, cause
// and own properties. What a class of the user's own adds stays live: its methods and accessors work on the original. Like
// everything with an identity errors carry a number, so that one that comes home is the original.
//
// A script can make anything of an error: getters that throw, a chain of causes without end. What cannot be read is left
// out, and what is thrown and cannot be read at all crosses as an error that says so.

import { TAG } from "../protocol.ts";
import { attempt, tagOf } from "./attempt.ts";
import type { WireValue } from "../wire.ts";
import type { Intrinsics } from "./intrinsics.ts";
import type { Membrane } from "./membrane.ts";

/** An error on the wire: `ERROR` and its number; and, the first time, its texts and its parts. */
type ErrorWire = [
  tag: typeof ERROR,
  number: number,
  base?: string,
  name?: string,
  message?: string,
  stack?: string,
  cause?: [WireValue] | null,
  errors?: WireValue[] | null,
  own?: WireValue[],
  members?: WireValue[],
];

/** How errors of a realm cross. */
interface Errors {
  is(value: unknown): boolean;
  encode(error: object, number: number, membrane: Membrane): WireValue[];
  encodeThrown(value: unknown, membrane: Membrane): WireValue;
  create(wire: ErrorWire): object;
  fill(error: object, wire: ErrorWire, membrane: Membrane): void;
  skip(wire: ErrorWire, membrane: Membrane): void;
}

interface ErrorsRealm {
  intrinsics: Intrinsics;
  refine?(error: Error, name: string): void;
  stackOf?(error: Error): unknown;
}

/** Of what looks like an error nothing is certain. */
type ErrorLike = Partial<Record<string | symbol, unknown>>;
type Member = [key: string | symbol, member: PropertyDescriptor];

const { ERROR, LIST } = TAG;

const BUILT_IN: readonly unknown[] = [
  "EvalError",
  "RangeError",
  "ReferenceError",
  "SyntaxError",
  "TypeError",
  "URIError",
  "AggregateError",
  "CompileError",
  "LinkError",
  "RuntimeError",
];
/** How deep an error crosses: causes of causes, errors among properties. */
const DEPTH = 100;
/** Prototypes that a chain has at most: those of a proxy may have no end. */
const LONGEST_CHAIN = 1000;
/** The properties that code reads first of a value it has caught. */
const READ_FIRST = ["name", "message", "stack", "cause", "constructor", "then", Symbol.toStringTag, Symbol.toPrimitive];
/** By this, upstream knows its own objects, such as each `DOMException`; what is rebuilt has it from its class. */
const UPSTREAM = Symbol.for("Deno.core.hostObject");
const OWN = new Set<string | symbol>(["name", "message", "stack", "cause", "errors", UPSTREAM]);
const WELL_KNOWN = new Set(Object.values(Object.getOwnPropertyDescriptors(Symbol)).map(({ value }) => value));

/**
 * @param intrinsics the realm's shared classes
 * @param refine called with each rebuilt error and its name, e.g. to give it a class that only one realm has
 * @param stackOf the stack that an error of this realm shows to the other
 */
function createErrors({ intrinsics, refine = () => {}, stackOf = (error) => error.stack }: ErrorsRealm): Errors {
  const underway = new Set<object>();
  return { is, encode, encodeThrown, create, fill, skip };

  function encode(error: Error, number: number, membrane: Membrane): WireValue[] {
    // An error that leads back to itself is known by its number by the time that it is met again.
    if (underway.has(error)) return [ERROR, number];
    underway.add(error);
    try {
      return [...encodeText(error, number), ...(underway.size > DEPTH ? [] : encodeParts(error, membrane))];
    } finally {
      underway.delete(error);
    }
  }

  function encodeText(error: Error, number: number): WireValue[] {
    const text = (read: () => unknown) => attempt(() => String(read() ?? "")) ?? "";
    return [
      ERROR,
      number,
      attempt(() => baseOf(error)) ?? "Error",
      text(() => error.name),
      text(() => error.message),
      text(() => stackOf(error)),
    ];
  }

  function encodeParts(error: Error & { errors?: unknown }, membrane: Membrane): WireValue[] {
    const cause = attempt(() => ("cause" in error ? error.cause : undefined));
    const errors = attempt(() => (Array.isArray(error.errors) ? [...error.errors] : undefined));
    const own = attempt(() => ownProperties(error)) ?? [];
    const members = attempt(() => inherited(error)) ?? [];
    const encode = (value: unknown) => encodeThrown(value, membrane);
    return [
      cause === undefined ? null : [encode(cause)],
      errors?.map(encode) ?? null,
      own.flatMap(([key, value]) => [membrane.encode(key), encode(value)]),
      members.flatMap(([key, member]) => [membrane.encode(key), encodeMember(member, membrane)]),
    ];
  }

  /** What was thrown, or what a promise was rejected with: something that the other realm can read, whatever it is. */
  function encodeThrown(value: unknown, membrane: Membrane): WireValue {
    try {
      return membrane.encode(value === undefined || isReadable(value, membrane) ? value : unreadable(value));
    } catch (failure) {
      return membrane.encode(unreadable(value, failure));
    }
  }

  function fill(error: Error, wire: ErrorWire, membrane: Membrane) {
    const [, , , name, , stack, cause, errors, own, members] = wire;
    if (errors) hidden(error, "errors", errors.map(membrane.decode));
    if (error.name !== name) hidden(error, "name", name);
    if (stack !== undefined) hidden(error, "stack", stack);
    if (cause) hidden(error, "cause", membrane.decode(cause[0]));
    // What has the same name comes after: an error's own properties hide those of its class.
    for (const [key, member] of pairs(members, membrane)) {
      Object.defineProperty(error, key, { ...decodeMember(member, membrane), configurable: true, enumerable: false });
    }
    for (const [key, value] of pairs(own, membrane)) setOwn(error, key, membrane.decode(value));
    refine(error, name as string);
  }

  /** An error that has arrived before needs nothing of this, but whatever was sent has to be received. */
  function skip(wire: ErrorWire, membrane: Membrane) {
    const [, , , , , , cause, errors, own, members] = wire;
    for (const part of [...(cause ?? []), ...(errors ?? [])]) membrane.decode(part);
    for (const [, value] of pairs(own, membrane)) membrane.decode(value);
    for (const [, member] of pairs(members, membrane)) decodeMember(member, membrane);
  }

  function create([, , base, name, message]: ErrorWire): object {
    const Class = (intrinsics.byName(base as string) ?? intrinsics.byName("Error")) as AnyError;
    if (base === "DOMException") return new Class(message, name);
    return base === "AggregateError" ? new Class([], message) : new Class(message);
  }
}

type AnyError = new (...args: (string | [] | undefined)[]) => object;

/** Errors are read when they are encoded, part by part; a stand-in is read in its own realm. */
function isReadable(value: unknown, membrane: Membrane) {
  if ((typeof value !== "object" && typeof value !== "function") || value === null) return true;
  if (membrane.isForeign(value) || is(value)) return true;
  return whatThrows(value) === undefined;
}

/** The property whose reading throws, and what it throws. */
function whatThrows(value: unknown): [key: string, thrown: unknown] | undefined {
  for (const key of READ_FIRST) {
    try {
      (value as ErrorLike)[key];
    } catch (thrown) {
      return [String(key), thrown];
    }
  }
  return undefined;
}

/** Stands for something thrown that cannot be read. */
function unreadable(value: unknown, failure?: unknown) {
  const [key, thrown] = attempt(() => whatThrows(value)) ?? [undefined, failure];
  const what =
    attempt(() => String((thrown as ErrorLike | undefined)?.message ?? thrown)) ??
    "something that cannot be read either";
  const how = key === undefined ? what : `reading its property "${key}" throws ${what}`;
  return new TypeError(`A value was thrown that cannot be read: ${how}`);
}

function is(value: unknown) {
  const tag = tagOf(value);
  return tag === "[object Error]" || tag === "[object DOMException]";
}

const constructorName = (proto: object): unknown =>
  Object.hasOwn(proto, "constructor") ? proto.constructor?.name : undefined;

function baseOf(error: object) {
  if (tagOf(error) === "[object DOMException]") return "DOMException";
  for (const proto of prototypesOf(error)) {
    const name = constructorName(proto);
    if (BUILT_IN.includes(name)) return name as string;
  }
  return "Error";
}

function* prototypesOf(object: object): Generator<object> {
  let proto: object | null = Object.getPrototypeOf(object);
  for (let length = 0; proto !== null && length < LONGEST_CHAIN; length++) {
    yield proto;
    proto = Object.getPrototypeOf(proto);
  }
}

function ownProperties(error: object): [key: string | symbol, value: unknown][] {
  return Reflect.ownKeys(error)
    .filter((key) => !OWN.has(key) && isShared(key))
    .map((key): Member => [key, Object.getOwnPropertyDescriptor(error, key) as PropertyDescriptor])
    .filter(([, one]) => "value" in one)
    .map(([key, one]) => [key, one.value]);
}

/** A symbol that is not registered is another one in the other realm. */
const isShared = (key: string | symbol) =>
  typeof key !== "symbol" || Symbol.keyFor(key) !== undefined || WELL_KNOWN.has(key);

/** The methods and accessors of the user's own classes, those of the nearest class first. */
function inherited(error: object): Member[] {
  const members = new Map<string | symbol, PropertyDescriptor>();
  for (const proto of prototypesOf(error)) {
    if (!isUsers(proto)) break;
    for (const key of Reflect.ownKeys(proto)) {
      if (key === "constructor" || OWN.has(key) || members.has(key) || !isShared(key)) continue;
      const member = Object.getOwnPropertyDescriptor(proto, key) as PropertyDescriptor;
      if (typeof (member.value ?? member.get) === "function") members.set(key, member);
    }
  }
  return [...members];
}

function isUsers(proto: object) {
  const name = constructorName(proto);
  return name !== "Error" && name !== "DOMException" && !BUILT_IN.includes(name);
}

const encodeMember = ({ value, get, set }: PropertyDescriptor, membrane: Membrane): WireValue[] => [
  LIST,
  ...[value as unknown, get, set].map(membrane.encode),
];

function decodeMember(wire: WireValue, membrane: Membrane): PropertyDescriptor {
  const [value, get, set] = membrane.decode(wire) as [unknown, PropertyDescriptor["get"], PropertyDescriptor["set"]];
  return value === undefined ? { get, set } : { value, writable: true };
}

function* pairs(flat: WireValue[] | undefined, membrane: Membrane): Generator<[key: string | symbol, wire: WireValue]> {
  for (let index = 0; index < (flat?.length ?? 0); index += 2)
    yield [membrane.decode((flat as WireValue[])[index]) as string | symbol, (flat as WireValue[])[index + 1]];
}

function setOwn(error: object, key: string | symbol, value: unknown) {
  if (Object.hasOwn(error, key)) delete (error as ErrorLike)[key];
  (error as ErrorLike)[key] = value;
}

function hidden(error: object, key: string, value: unknown) {
  Object.defineProperty(error, key, { value, writable: true, configurable: true, enumerable: false });
}

export { createErrors };
export type { Errors, ErrorWire };
