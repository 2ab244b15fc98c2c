// Durable Objects from outside the worker: how Node reaches them.

import { DurableObjectNamespace, parsedId, partsOf } from "../object-namespace.ts";
import { describe } from "../../node/errors.ts";
import { objectIds } from "../../node/binding/binding.ts";
import { remoteMember } from "../../node/instance/remote.ts";
import { splitRequest } from "../../node/http/http-request.ts";
import type { Response } from "../../../index.d.ts";
import type { RequestParts } from "../../node/http/http-request.ts";
import type { NamespaceBackend } from "../object-namespace.ts";
import type { ObjectParts, IdParts } from "../../worker/contract.ts";

/** What namespaces ask of an instance, whichever worker it has at the time. */
export interface NamespacesInstance {
  dispatch(this: void, target: ObjectParts, request: RequestParts): Promise<Response>;
  /** Calls a member of an object. */
  call(this: void, target: ObjectParts, path: readonly string[], message: object | undefined): Promise<object>;
  isEnabled(this: void, flag: string): boolean;
  warn(this: void, text: string): void;
}

/** A name that is unknown does not cross. */
const addressOf = (binding: string, hex: string, name: string | undefined): ObjectParts =>
  name === undefined ? [binding, hex] : [binding, hex, name];

/** What makes the namespaces of an instance. */
function objectNamespaces({ dispatch, call, isEnabled, warn }: NamespacesInstance) {
  const fetch: NamespaceBackend["fetch"] = (binding, hex, input, init, { name }) =>
    dispatch(addressOf(binding, hex, name), splitRequest(input, init)) as never;
  const member: NamespaceBackend["member"] = (binding, hex, member, name) =>
    remoteMember((path, message) => call(addressOf(binding, hex, name), path, message), member);
  const backend = { ...objectIds, fetch, member, isEnabled, warn };
  return (binding: string) => new DurableObjectNamespace(String(binding), backend);
}

const DIGITS = /^[\da-f]{64}$/i;

/** The digits of an object that looks like an id: one of another copy of this package, or of a library. */
function digitsOf(id: unknown): string | undefined {
  if (typeof id !== "object" || id === null || typeof id.toString !== "function") return undefined;
  const text: unknown = id.toString();
  return typeof text === "string" && DIGITS.test(text) ? text.toLowerCase() : undefined;
}

/** The binding and the digits of an id that `method` was called with; undefined of an object that only looks like one. */
function idParts(method: string, id: unknown): IdParts | undefined {
  const parts = partsOf(id);
  if (parts === undefined && digitsOf(id) === undefined) {
    throw new TypeError(`${method}() takes a Durable Object's id, got ${describe(id)}`);
  }
  return parts;
}

/** The same of an object that looks like an id, whose last digits say which of the bindings with these names it is of. */
function likelyParts(method: string, id: unknown, names: readonly string[]): IdParts {
  const hex = digitsOf(id) as string;
  const binding = names.find((name) => isOf(name, hex));
  if (binding !== undefined) return [binding, hex];
  const bound = names.length === 0 ? "none" : names.join(", ");
  throw new TypeError(`${method}() takes the id of a Durable Object that is bound (bound: ${bound}), got ${hex}`);
}

function isOf(binding: string, hex: string): boolean {
  try {
    return parsedId(binding, hex, objectIds)[0] === hex;
  } catch {
    return false;
  }
}

export { idParts, likelyParts, objectNamespaces };
