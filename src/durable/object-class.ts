// Classes of objects as values, which facets are constructed from: what `ctx.exports` has for the classes of a script. For one
// that is bound, it is the namespace of its objects as well.

import { CLASSES } from "ext:miniflare/durable/object-kinds.ts";
import { load } from "ext:miniflare/realm/lazy.ts";
import { refuseClones } from "ext:miniflare/web/clone.ts";
import type { ObjectInstance } from "ext:miniflare/durable/handlers.ts";
import type { DurableObjectState } from "ext:miniflare/durable/state.ts";
import type { DurableObjectNamespace } from "./object-namespace.ts";

/** A class of objects, as the user writes it. */
export type ObjectClass = new (state: DurableObjectState, env: object) => ObjectInstance;

interface ClassParts {
  Class: ObjectClass;
  props: object;
}

const parts = new WeakMap<object, ClassParts>();

/** The class that a value stands for, and what its instances get as `ctx.props`. */
export function classPartsOf(value: unknown): ClassParts | undefined {
  const isObject = typeof value === "function" || (typeof value === "object" && value !== null);
  return isObject ? parts.get(value) : undefined;
}

function illegal(): never {
  throw new TypeError("Illegal constructor");
}

class DurableObjectClass {
  constructor() {
    illegal();
  }
}

class LoopbackDurableObjectClass {
  constructor() {
    illegal();
  }
}

/** A function that gives the class with props when it is called. */
function callableOver(Class: ObjectClass, prototype: object) {
  const value = (options?: { props?: object }) => {
    const one = Object.create(DurableObjectClass.prototype);
    parts.set(one, { Class, props: options?.props ?? {} });
    return one;
  };
  Reflect.deleteProperty(value, "name");
  Reflect.deleteProperty(value, "length");
  Object.setPrototypeOf(value, prototype);
  parts.set(value, { Class, props: {} });
  return value;
}

/** Of a class that is not bound. */
export const loopbackClass = (Class: ObjectClass) => callableOver(Class, LoopbackDurableObjectClass.prototype);

const METHODS = ["newUniqueId", "idFromName", "idFromString", "get", "getByName", "jurisdiction"] as const;

/** Of a class that is bound. */
export function loopbackNamespace(Class: ObjectClass, namespace: DurableObjectNamespace) {
  const { DurableObjectNamespace: Namespace } = load(CLASSES);
  const members = METHODS.map((name) => {
    const method = namespace[name] as (...args: unknown[]) => unknown;
    const value = (...args: unknown[]) => Reflect.apply(method, namespace, args);
    return [name, { value, writable: true, configurable: true }] as const;
  });
  return callableOver(Class, Object.create(Namespace.prototype, Object.fromEntries(members)));
}

refuseClones([DurableObjectClass, LoopbackDurableObjectClass]);
