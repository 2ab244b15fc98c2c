// What `assert.throws` and `assert.rejects` compare an error with.

import { inspect } from "node:util";
import { AssertionError } from "./assertion-error.ts";
import { isDeepStrictEqual } from "./deep-equal.ts";
import { invalidArgType, invalidArgValue } from "./errors.ts";

type AnyFunction = (...args: never[]) => unknown;
type Keyed = Record<string, unknown>;
/** A class, a function that says whether an error is as expected, a regular expression, or properties. */
export type Expected = AnyFunction | RegExp | object | string;

/** Whether what was thrown has a text as its message, or is it. */
export const isThrown = (thrown: unknown, text: string) =>
  typeof thrown === "object" && thrown !== null ? (thrown as Keyed).message === text : thrown === text;

/** Throws unless an error is as expected. */
export function matchesError(
  thrown: unknown,
  expected: Expected,
  message: string | Error | undefined,
  stackStartFn: AnyFunction,
) {
  const fail = (text: string, generated = true): never => {
    if (message instanceof Error) throw message;
    const failure = { actual: thrown, expected, operator: stackStartFn.name, stackStartFn };
    const error = new AssertionError({ ...failure, message: message ?? text });
    error.generatedMessage = message === undefined && generated;
    throw error;
  };
  if (expected instanceof RegExp) {
    const text = String(thrown);
    if (expected.test(text)) return;
    return fail(`The input did not match the regular expression ${inspect(expected)}. Input:\n\n${inspect(text)}\n`);
  }
  if (typeof expected === "function") return matchesFunction(thrown, expected as AnyFunction, fail);
  if (typeof expected !== "object" || expected === null) {
    throw invalidArgType("expected", ["function", "Error", "RegExp", "object"], expected);
  }
  if (typeof thrown !== "object" || thrown === null) return fail(inspect(thrown));
  const keys = Object.keys(expected);
  if (expected instanceof Error) keys.push("name", "message");
  else if (keys.length === 0) throw invalidArgValue("error", expected, "may not be an empty object");
  for (const key of keys) {
    const [actual, wanted] = [(thrown as Keyed)[key], (expected as Keyed)[key]];
    if (typeof actual === "string" && wanted instanceof RegExp && wanted.test(actual)) continue;
    if (key in thrown && isDeepStrictEqual(actual, wanted)) continue;
    if (message !== undefined) return fail("");
    const pick = (from: object) =>
      Object.fromEntries(keys.filter((name) => name in from).map((name) => [name, (from as Keyed)[name]]));
    const error = new AssertionError({
      actual: pick(thrown),
      expected: pick(expected),
      operator: "deepStrictEqual",
      stackStartFn,
    });
    throw Object.assign(error, { actual: thrown, expected, operator: stackStartFn.name });
  }
}

function matchesFunction(thrown: unknown, expected: AnyFunction, fail: (text: string, generated?: boolean) => never) {
  const { prototype } = expected as { prototype?: object };
  if (prototype !== undefined && thrown instanceof (expected as never)) return;
  if (Object.prototype.isPrototypeOf.call(Error, expected) || expected === (Error as unknown)) {
    const name = (thrown as { constructor?: { name?: string } } | null)?.constructor?.name;
    const [kind, text] = [expected.name, (thrown as { message?: unknown } | null)?.message];
    const received = name ? `"${name}"` : `"${inspect(thrown, { depth: -1 })}"`;
    return fail(
      `The error is expected to be an instance of "${kind}". Received ${received}\n\nError message:\n\n${text}`,
    );
  }
  if (Reflect.apply(expected, {}, [thrown] as never[]) === true) return;
  const name = expected.name === "" ? "" : `"${expected.name}" `;
  return fail(
    `The ${name}validation function is expected to return "true". Received ${inspect(false)}\n\nCaught error:\n\n${thrown}`,
  );
}
