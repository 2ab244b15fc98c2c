// What makes a realm that a test runner has made pass for Node's one: values that Node's own functions give are instances of
// the realm's classes, and copies are its own.

import { adopt, isApart, mainGlobal } from "./adopt.ts";

/** The classes of values that any function of Node's may give. */
const CLASSES = [
  ...["Object", "Function", "Array", "Promise", "RegExp"],
  ...["Error", "EvalError", "RangeError", "ReferenceError", "SyntaxError", "TypeError", "URIError", "AggregateError"],
] as const;

const ordinary = Function.prototype[Symbol.hasInstance];
const isPrototype = Object.prototype.isPrototypeOf;

/** Makes `instanceof` hold for instances of Node's class of this name as well. Classes that extend it are left alone. */
function acceptInstances(Class: object, { prototype }: { readonly prototype: object }) {
  const value = {
    [Symbol.hasInstance](this: unknown, one: unknown) {
      return ordinary.call(this, one) || (this === Class && Reflect.apply(isPrototype, prototype, [one]));
    },
  }[Symbol.hasInstance];
  Object.defineProperty(Class, Symbol.hasInstance, { value, writable: true, configurable: true });
}

/** Makes `instanceof` accept, in the realm of this global scope, what functions of Node's realm, the one at hand, give. */
function acceptNodesInstances(scope: typeof globalThis) {
  for (const name of CLASSES) acceptInstances(scope[name], globalThis[name]);
}

/** The globals of this realm that copies must be made by. */
function ownRealm(): { structuredClone?: unknown } {
  if (!isApart) return {};
  const main = mainGlobal();
  const structuredClone = (...args: Parameters<typeof main.structuredClone>) => adopt(main.structuredClone(...args));
  return { structuredClone: Object.defineProperty(structuredClone, "length", { value: 1 }) };
}

// A test may replace the global one.
const clone = isApart ? mainGlobal().structuredClone : structuredClone;

/** A copy of data, of this realm; functions, and what has some, are as they are. */
function copyOf<Value>(value: Value): Value {
  if (typeof value !== "object" || value === null) return value;
  try {
    return adopt(clone(value));
  } catch {
    return value;
  }
}

export { acceptNodesInstances, copyOf, ownRealm };
