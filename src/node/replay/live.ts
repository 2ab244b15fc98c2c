// Objects and functions of Node's that a worker uses where they are: each use that can tell the worker something is a call of
// something outside.

import { isResponse } from "./responses.ts";
import { encode, isLive, unrecordable } from "./values.ts";
import type { Journal } from "./journal.ts";
import type { Json } from "./values.ts";

type AnyFunction = (...args: unknown[]) => unknown;
type Constructor = new (...args: unknown[]) => object;

/** The objects behind those that workers were given. */
const originals = new WeakMap<object, object>();
const originalOf = (value: unknown): unknown => originals.get(value as object) ?? value;

/**
 * What a worker is given in the place of a live value. In a replay, `original` is not used but for what is asked of its shape.
 * @param path what it is called in the recording
 * @param again whether a replay uses the object, too, although the answers are those of the recording
 */
function live(journal: Journal, original: object, path: string, again = false): object {
  const ask = (what: string, given: Json, answer: () => unknown) => journal.ask(what, given, answer, again);
  const traps: ProxyHandler<object> = {
    apply: (target, self, args) =>
      ask(path, given(args, path), () => Reflect.apply(target as AnyFunction, originalOf(self), args.map(originalOf))),
    construct: (target, args) =>
      ask(`new ${path}`, given(args, path), () =>
        Reflect.construct(target as Constructor, args.map(originalOf)),
      ) as object,
    get(target, key) {
      const fixed = Reflect.getOwnPropertyDescriptor(target, key)?.configurable === false;
      if (typeof key === "symbol" || fixed || key === "then" || isOfFunction(target, key))
        return Reflect.get(target, key);
      return ask(`${path}.${key}`, null, () => Reflect.get(target, key));
    },
  };
  const made = new Proxy(original, traps);
  originals.set(made, original);
  return made;
}

/** What every function has. */
const isOfFunction = (target: object, key: string) =>
  typeof target === "function" && (key === "name" || key === "length");

/** The arguments of a call, as they are compared. A function of the worker would be called by nobody in a replay. */
function given(args: unknown[], path: string): Json {
  return args.map((arg, index) => {
    if (originals.has(arg as object)) return { $: "live", path: `argument ${index + 1} of ${path}` };
    if (isRequest(arg)) return { $: "request", method: arg.method, url: arg.url };
    if (isResponse(arg)) return { $: "response", status: arg.status };
    if (isLive(arg)) throw unrecordable(`Argument ${index + 1} of ${path}()`, "an object or a function of the worker");
    return encode(arg, path);
  });
}

function isRequest(value: unknown): value is Request {
  if (typeof value !== "object" || value === null) return false;
  const { method, url } = value as Partial<Request>;
  return typeof method === "string" && typeof url === "string";
}

/** A value of the options, with what is live in it replaced. */
function liveIn(journal: Journal, value: unknown, path: string): unknown {
  return isLive(value) && !(value instanceof Error) && !isResponse(value)
    ? live(journal, value as object, path)
    : value;
}

export { live, liveIn };
