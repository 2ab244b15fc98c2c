// The classes that both realms have: each crosses as the other realm's own, and so do their prototypes. Symbols, too, if both
// realms have them.

import { TAG } from "../protocol.ts";
import type { WireValue } from "../wire.ts";

const LANGUAGE = [
  "Object",
  "Function",
  "Array",
  "Promise",
  "RegExp",
  "Symbol",
  "String",
  "Number",
  "Boolean",
  "BigInt",
  "Date",
  "Map",
  "Set",
  "WeakMap",
  "WeakSet",
  "WeakRef",
  "Proxy",
  "Reflect",
  "JSON",
  "Math",
  "Error",
  "EvalError",
  "RangeError",
  "ReferenceError",
  "SyntaxError",
  "TypeError",
  "URIError",
  "AggregateError",
  "ArrayBuffer",
  "SharedArrayBuffer",
  "DataView",
  "Int8Array",
  "Uint8Array",
  "Uint8ClampedArray",
  "Int16Array",
  "Uint16Array",
  "Int32Array",
  "Uint32Array",
  "Float32Array",
  "Float64Array",
  "BigInt64Array",
  "BigUint64Array",
];
/** Classes that both realms have, with their prototypes. */
interface Intrinsics {
  nameOf(object: object): string | undefined;
  byName(name: string): unknown;
}

type NamedClass = { prototype: object } & Record<string, unknown>;
type Global = Record<string, NamedClass | undefined>;

/** Names of the classes of the Web APIs that both realms have. */
const WEB: readonly string[] = [
  "DOMException",
  "URL",
  "URLSearchParams",
  "Headers",
  "Request",
  "Response",
  "FormData",
  "Blob",
  "File",
  "ReadableStream",
  "WritableStream",
  "TransformStream",
  "CompressionStream",
  "DecompressionStream",
  "TextEncoderStream",
  "TextDecoderStream",
  "TextEncoder",
  "TextDecoder",
  "Event",
  "EventTarget",
  "AbortController",
  "AbortSignal",
];

const WASM_ERRORS = ["CompileError", "LinkError", "RuntimeError"];
/** Constructors that make code out of text have no global name, but are there all the same. */
const MAKERS: Record<string, () => unknown> = {
  AsyncFunction: async () => {},
  GeneratorFunction: function* () {},
  AsyncGeneratorFunction: async function* () {},
};
/** Their methods work on any object, proxies included, so each realm uses its own. */
const GENERIC = ["Object", "Function"];
const NATIVE = /^function \w*\(\) \{\s*\[native code\]\s*\}$/;

/**
 * Finds the shared classes of the realm whose global object this is. Those that the realm loads when they are first
 * touched, `late`, are left alone until they are named, by the other realm or by an object of this one.
 */
function createIntrinsics(global: object, { late }: { late: readonly string[] }): Intrinsics {
  const byName = new Map<string, unknown>();
  const names = new Map<unknown, string>();
  const add = (name: string, object: unknown) => {
    if (object === undefined || object === null || names.has(object)) return;
    byName.set(name, object);
    names.set(object, name);
  };
  const addClass = (name: string) => {
    add(name, (global as Global)[name]);
    add(`${name}.prototype`, (global as Global)[name]?.prototype);
  };
  const waiting = new Set(WEB.filter((name) => late.includes(name)));
  for (const name of [...LANGUAGE, ...WEB]) if (!waiting.has(name)) addClass(name);
  for (const [name, made] of Object.entries(MAKERS)) {
    add(name, Object.getPrototypeOf(made).constructor);
    add(`${name}.prototype`, Object.getPrototypeOf(made));
  }
  add("eval", (global as Global).eval);
  for (const name of WASM_ERRORS) add(name, (global as Global).WebAssembly?.[name]);
  for (const name of GENERIC) {
    const { prototype } = (global as Global)[name] as NamedClass;
    for (const key of Reflect.ownKeys(prototype)) {
      const { value } = Object.getOwnPropertyDescriptor(prototype, key) as PropertyDescriptor;
      if (typeof value === "function") add(`${name}.prototype.${String(key)}`, value);
    }
  }
  return { nameOf: sharedName, byName: find };

  /** Whether a class was left alone until now. */
  function load(name: string) {
    const left = waiting.delete(name);
    if (left) addClass(name);
    return left;
  }

  function find(name: string) {
    load(name.split(".", 1)[0]);
    return byName.get(name);
  }

  /** A maker of code must never cross, not even one of a third realm (a test runner's context, say). */
  function sharedName(object: object) {
    let known = names.get(object);
    if (known === undefined && waiting.size > 0 && load(classNameOf(object) as string)) known = names.get(object);
    return known === undefined && typeof object === "function" ? makerName(object) : known;
  }
}

function makerName(object: object) {
  const name = nameOf(object);
  if (typeof name !== "string") return undefined;
  const maker = name === "Function" || name === "eval" || Object.hasOwn(MAKERS, name);
  return maker && NATIVE.test(Function.prototype.toString.call(object)) ? name : undefined;
}

/** The name that a function shows, unless looking at it throws. */
function nameOf(object: object): unknown {
  try {
    return (object as { name?: unknown }).name;
  } catch {
    return undefined;
  }
}

/** The name of a class, or of the class that a prototype belongs to. */
function classNameOf(object: object): unknown {
  if (typeof object === "function") return nameOf(object);
  try {
    return Object.getOwnPropertyDescriptor(object, "constructor")?.value?.name;
  } catch {
    return undefined;
  }
}

const SYMBOLS = Symbol as unknown as { readonly [name: string]: unknown };
const WELL_KNOWN = new Map<symbol, string>();
for (const name of Object.getOwnPropertyNames(Symbol)) {
  if (typeof SYMBOLS[name] === "symbol") WELL_KNOWN.set(SYMBOLS[name] as symbol, name);
}

function encodeSymbol(symbol: symbol): WireValue[] {
  const wellKnown = WELL_KNOWN.get(symbol);
  if (wellKnown !== undefined) return [TAG.SYMBOL, "well-known", wellKnown];
  const key = Symbol.keyFor(symbol);
  return key === undefined ? [TAG.SYMBOL, "own", symbol.description] : [TAG.SYMBOL, "registered", key];
}

function decodeSymbol([, how, name]: WireValue[]) {
  if (how === "well-known") return SYMBOLS[name as string];
  return how === "registered" ? Symbol.for(name as string) : Symbol(name as string | undefined);
}

export { createIntrinsics, decodeSymbol, encodeSymbol, WEB };
export type { Intrinsics };
