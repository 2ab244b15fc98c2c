// `node:assert`.

import { inspect } from "node:util";
import { AssertionError } from "./assertion-error.ts";
import { isDeepLooseEqual, isDeepStrictEqual } from "./deep-equal.ts";
import { isThrown, matchesError } from "./assert-errors.ts";
import { invalidArgType, invalidArgValue, missingArgs, nodeError } from "./errors.ts";
import type { Expected } from "./assert-errors.ts";

type AnyFunction = (...args: never[]) => unknown;
type Message = string | Error | undefined;
interface Failure {
  actual?: unknown;
  expected?: unknown;
  message?: Message;
  operator: string;
  stackStartFn: AnyFunction;
}

function fails(failure: Failure): never {
  if (failure.message instanceof Error) throw failure.message;
  throw new AssertionError(failure as Failure & { message?: string });
}

function requireBoth(args: ArrayLike<unknown>) {
  if (args.length < 2) throw missingArgs("actual", "expected");
}

function truthy(args: unknown[], stackStartFn: AnyFunction) {
  const [value, message] = args as [unknown, Message];
  if (value) return;
  if (message instanceof Error) throw message;
  const isGenerated = message === undefined || message === null;
  const text = args.length === 0 ? "No value argument passed to `assert.ok()`" : undefined;
  const generated = text ?? `The expression evaluated to a falsy value:\n\n  assert.ok(${inspect(value)})\n`;
  const error = new AssertionError({
    actual: value,
    expected: true,
    message: isGenerated ? generated : message,
    operator: "==",
    stackStartFn,
  });
  error.generatedMessage = isGenerated;
  throw error;
}

function ok(...args: unknown[]) {
  truthy(args, ok);
}

function assert(...args: unknown[]) {
  truthy(args, assert);
}

/** A comparison: fails with the operator of its name unless `test` holds. */
function comparison(operator: string, test: (actual: unknown, expected: unknown) => boolean, name = operator) {
  const compare = {
    [name](...args: unknown[]) {
      requireBoth(args);
      const [actual, expected, message] = args as [unknown, unknown, Message];
      if (!test(actual, expected)) fails({ actual, expected, message, operator, stackStartFn: compare });
    },
  }[name];
  return compare;
}

// biome-ignore lint/suspicious/noDoubleEquals: what the legacy assertion is
const looselyEqual = (a: unknown, b: unknown) => a == b || (Number.isNaN(a) && Number.isNaN(b));
const not =
  (test: (a: unknown, b: unknown) => boolean) =>
  (a: unknown, b: unknown): boolean =>
    !test(a, b);

const equal = comparison("==", looselyEqual, "equal");
const notEqual = comparison("!=", not(looselyEqual), "notEqual");
const strictEqual = comparison("strictEqual", Object.is);
const notStrictEqual = comparison("notStrictEqual", not(Object.is));
const deepEqual = comparison("deepEqual", isDeepLooseEqual);
const notDeepEqual = comparison("notDeepEqual", not(isDeepLooseEqual));
const deepStrictEqual = comparison("deepStrictEqual", isDeepStrictEqual);
const notDeepStrictEqual = comparison("notDeepStrictEqual", not(isDeepStrictEqual));

/** Whether `actual` has all that `expected` has. */
function includes(actual: unknown, expected: unknown): boolean {
  if (typeof expected !== "object" || expected === null || typeof actual !== "object" || actual === null) {
    return isDeepStrictEqual(actual, expected);
  }
  if (expected instanceof Map) {
    return (
      actual instanceof Map &&
      [...expected].every(([key, value]) => actual.has(key) && includes(actual.get(key), value))
    );
  }
  if (expected instanceof Set || Array.isArray(expected)) {
    const isSame = Array.isArray(expected) ? Array.isArray(actual) : actual instanceof Set;
    const left = isSame ? [...(actual as Iterable<unknown>)] : [];
    return (
      isSame &&
      [...expected].every((value) => {
        const index = left.findIndex((one) => includes(one, value));
        return index >= 0 && left.splice(index, 1).length > 0;
      })
    );
  }
  const prototype = Object.getPrototypeOf(expected);
  if (prototype !== Object.prototype && prototype !== null) return isDeepStrictEqual(actual, expected);
  const [whole, part] = [actual as Record<PropertyKey, unknown>, expected as Record<PropertyKey, unknown>];
  return Reflect.ownKeys(part).every((key) => key in whole && includes(whole[key], part[key]));
}

const partialDeepStrictEqual = comparison("partialDeepStrictEqual", includes);

type FailArguments = [unknown?, unknown?, Message?, string?, AnyFunction?];

function fail(...args: FailArguments) {
  const [actual, expected, message, operator, stackStartFn] = args;
  if (args.length < 2) {
    if (actual instanceof Error) throw actual;
    const error = new AssertionError({
      message: (actual as string | undefined) ?? "Failed",
      operator: "fail",
      stackStartFn: stackStartFn ?? fail,
    });
    error.generatedMessage = actual === undefined;
    throw error;
  }
  fails({
    actual,
    expected,
    message,
    operator: operator ?? (args.length === 2 ? "!=" : "fail"),
    stackStartFn: stackStartFn ?? fail,
  });
}

function throws(work: unknown, ...args: [Expected?, Message?]) {
  expectError(throws, outcomeOf(work), args);
}

async function rejects(work: unknown, ...args: [Expected?, Message?]) {
  expectError(rejects, await laterOutcomeOf(work), args);
}

function doesNotThrow(work: unknown, ...args: [Expected?, Message?]) {
  expectNoError(doesNotThrow, outcomeOf(work), args);
}

async function doesNotReject(work: unknown, ...args: [Expected?, Message?]) {
  expectNoError(doesNotReject, await laterOutcomeOf(work), args);
}

type Outcome = { thrown: unknown } | undefined;

function outcomeOf(work: unknown): Outcome {
  if (typeof work !== "function") throw invalidArgType("fn", "function", work);
  try {
    work();
  } catch (thrown) {
    return { thrown };
  }
  return undefined;
}

function kindOf(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  const name = value.constructor?.name;
  return typeof value === "object" && name ? `an instance of ${name}` : `type ${typeof value}`;
}

async function laterOutcomeOf(work: unknown): Promise<Outcome> {
  const isPromise = (value: unknown): value is Promise<unknown> =>
    typeof (value as Partial<Promise<unknown>> | null | undefined)?.then === "function";
  if (typeof work !== "function" && !isPromise(work)) throw invalidArgType("promiseFn", ["function", "Promise"], work);
  const promise = typeof work === "function" ? work() : work;
  if (!isPromise(promise)) {
    const message = `Expected instance of Promise to be returned from the "promiseFn" function but got ${kindOf(promise)}.`;
    throw nodeError(TypeError, "ERR_INVALID_RETURN_VALUE", message);
  }
  try {
    await promise;
  } catch (thrown) {
    return { thrown };
  }
  return undefined;
}

function expectError(stackStartFn: AnyFunction, outcome: Outcome, [given, text]: [Expected?, Message?]) {
  const [expected, message] = typeof given === "string" ? [undefined, given as Message] : [given, text];
  if (outcome === undefined) {
    const name = (expected as { name?: string } | undefined)?.name;
    const what = stackStartFn.name === "rejects" ? "rejection" : "exception";
    const details = `${name ? ` (${name})` : ""}${message ? `: ${message}` : "."}`;
    const generated = `Missing expected ${what}${details}`;
    const failure = { actual: undefined, expected, operator: stackStartFn.name, stackStartFn };
    return fails({ ...failure, message: message instanceof Error ? message : generated });
  }
  if (typeof given === "string" && isThrown(outcome.thrown, given)) {
    const text = `The error message "${given}" is identical to the message.`;
    throw nodeError(TypeError, "ERR_AMBIGUOUS_ARGUMENT", `The "error/message" argument is ambiguous. ${text}`);
  }
  if (expected !== undefined) matchesError(outcome.thrown, expected, message, stackStartFn);
}

function expectNoError(stackStartFn: AnyFunction, outcome: Outcome, [given, text]: [Expected?, Message?]) {
  if (outcome === undefined) return;
  const [expected, message] = typeof given === "string" ? [undefined, given as Message] : [given, text];
  const isExpected =
    expected === undefined ||
    (typeof expected === "function" && outcome.thrown instanceof (expected as never)) ||
    (expected instanceof RegExp && expected.test(String(outcome.thrown)));
  if (!isExpected) throw outcome.thrown;
  const details = message === undefined ? "." : `: ${message}`;
  const what = stackStartFn.name === "doesNotReject" ? "rejection" : "exception";
  const actualMessage = (outcome.thrown as { message?: unknown } | null)?.message;
  const generated = `Got unwanted ${what}${details}\nActual message: "${actualMessage}"`;
  fails({ actual: outcome.thrown, expected, operator: stackStartFn.name, message: generated, stackStartFn });
}

function ifError(value: unknown) {
  if (value === null || value === undefined) return;
  const { message } = value as { message?: unknown };
  const text =
    typeof message === "string"
      ? message === "" && (value as object).constructor
        ? (value as object).constructor.name
        : message
      : inspect(value);
  const error = new AssertionError({
    actual: value,
    expected: null,
    operator: "ifError",
    message: `ifError got unwanted exception: ${text}`,
    stackStartFn: ifError,
  });
  error.generatedMessage = true;
  throw error;
}

/** `match` and `doesNotMatch`. */
function matching(operator: string, isWanted: boolean) {
  const match = {
    [operator](text: unknown, regexp: unknown, message?: Message) {
      if (!(regexp instanceof RegExp)) throw invalidArgType("regexp", "RegExp", regexp);
      if (typeof text === "string" && regexp.test(text) === isWanted) return;
      const reason = isWanted
        ? "The input did not match the regular expression"
        : "The input was expected to not match the regular expression";
      const generated =
        typeof text === "string"
          ? `${reason} ${inspect(regexp)}. Input:\n\n${inspect(text)}\n`
          : `The "string" argument must be of type string. Received type ${typeof text} (${inspect(text)})`;
      if (message instanceof Error) throw message;
      const error = new AssertionError({
        actual: text,
        expected: regexp,
        operator,
        message: message ?? generated,
        stackStartFn: match,
      });
      error.generatedMessage = message === undefined;
      throw error;
    },
  }[operator];
  return match;
}

const match = matching("match", true);
const doesNotMatch = matching("doesNotMatch", false);

const common = {
  AssertionError,
  deepStrictEqual,
  doesNotMatch,
  doesNotReject,
  doesNotThrow,
  fail,
  ifError,
  match,
  notDeepStrictEqual,
  notStrictEqual,
  ok,
  partialDeepStrictEqual,
  rejects,
  strictEqual,
  throws,
};
Object.assign(assert, common, { deepEqual, equal, notDeepEqual, notEqual });

function strict(...args: unknown[]) {
  truthy(args, strict);
}
Object.assign(strict, common, {
  deepEqual: deepStrictEqual,
  equal: strictEqual,
  notDeepEqual: notDeepStrictEqual,
  notEqual: notStrictEqual,
  strict,
});
Object.assign(assert, { strict });

export { invalidArgValue, strict };
export default assert;
