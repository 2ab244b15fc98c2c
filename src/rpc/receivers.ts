// Who may be called, and by which names: the rules by which a call finds a method.

import { DurableObject, RpcTarget, TARGET, WorkerEntrypoint } from "./base-classes.ts";
import { notCallable, notImplemented } from "./hook.ts";
import { hookOf, isPlain } from "./stubs.ts";
import type { Hook, Path } from "./hook.ts";

type Named = Record<string, unknown>;
type AnyFunction = (...args: unknown[]) => unknown;

/** A member that was found, or a stub on the way to it and the rest of the path. */
type Found = { self: unknown; value: unknown } | { hook: Hook; rest: Path };

/** How the first name of a path is looked up. */
export type Lookup = (receiver: object, name: string) => unknown;

/** Names that entrypoints and objects have for events. */
const RESERVED = new Set(["alarm", "webSocketMessage", "webSocketClose", "webSocketError"]);
const NOWHERE = new Set(["constructor", "dup"]);
const common = Object.prototype as unknown as Named;

export const isTarget = (value: object) =>
  value instanceof RpcTarget || (value as { [TARGET]?: unknown })[TARGET] === true;
export const isEntrypointClass = (value: unknown): value is EntrypointClass =>
  typeof value === "function" && value.prototype instanceof WorkerEntrypoint;
export const isObjectInstance = (value: object) => value instanceof DurableObject;
export type EntrypointClass = new (ctx: unknown, env: unknown) => Named;

/** A member of an instance: of its class, and of nothing else. */
export function ofInstance(receiver: object, name: string): unknown {
  if (NOWHERE.has(name) || Object.hasOwn(receiver, name)) throw notImplemented(name);
  const member = (receiver as Named)[name];
  if (member === undefined || member === common[name]) throw notImplemented(name);
  return member;
}

/** A member of an entrypoint or an object, whose events are no methods. */
export function ofEntrypoint(receiver: object, name: string): unknown {
  if (RESERVED.has(name)) throw new TypeError(`'${name}' is a reserved method and cannot be called over RPC.`);
  return ofInstance(receiver, name);
}

/** An own member of plain data, or of a function. */
export function ofData(receiver: object, name: string): unknown {
  if (!Object.hasOwn(receiver, name)) throw notImplemented(name);
  return (receiver as Named)[name];
}

/** How members of a value are looked up; undefined if it has none that can be reached. */
function lookupOf(value: unknown): Lookup | undefined {
  if (typeof value === "function" || isPlain(value)) return ofData;
  return typeof value === "object" && value !== null && isTarget(value) ? ofInstance : undefined;
}

/** The member at a path. `first` looks the first name up. */
export function find(receiver: unknown, path: Path, first: Lookup | undefined): Found {
  let self: unknown;
  let value = receiver;
  for (let index = 0; index < path.length; index++) {
    const hook = index === 0 ? undefined : hookOf(value);
    if (hook !== undefined) return { hook, rest: path.slice(index) };
    const lookup = index === 0 && first !== undefined ? first : lookupOf(value);
    // A value that has no members to reach is itself what the receiver does not have.
    if (lookup === undefined) throw notImplemented(path[Math.max(index - 1, 0)]);
    self = value;
    value = lookup(value as object, path[index]);
  }
  return { self, value };
}

/** Calls or reads the member at a path. `more` are arguments that a handler object gets beside the caller's. */
export function use(receiver: unknown, path: Path, args: unknown[] | undefined, first?: Lookup, more?: unknown[]) {
  const found = find(receiver, path, first);
  if ("hook" in found) return found.hook.send(found.rest, args);
  const { self, value } = found;
  if (args === undefined) return value;
  const hook = path.length === 0 ? undefined : hookOf(value);
  if (hook !== undefined) return hook.send([], args);
  if (typeof value !== "function") throw notCallable(path);
  return Reflect.apply(value as AnyFunction, self, more === undefined ? args : [...args, ...more]);
}
