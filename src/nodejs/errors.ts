// Errors as Node's modules throw them: classes, codes and texts.

import { nodeModule } from "ext:miniflare/nodejs/modules.ts";

/** An error with a code of Node's. */
export type NodeError = Error & { code: string };
type ErrorClass = new (message: string) => Error;

const TYPES = new Set(["string", "function", "number", "object", "boolean", "bigint", "symbol"]);
const LONGEST = 28;

/** Few errors are ever made, and this is in a script of its own. */
function inspect(value: unknown, options?: object): string {
  const util = nodeModule("util") as { inspect(value: unknown, options?: object): string };
  return util.inspect(value, options);
}

/** An error of a class, with a code that its text shows, too. */
export function nodeError(Class: ErrorClass, code: string, message: string): NodeError {
  const error = new Class(message) as NodeError;
  error.code = code;
  const show = () => `${error.name} [${code}]: ${error.message}`;
  // A script may have given all objects a `get`.
  const descriptor = { __proto__: null, value: show, writable: true, configurable: true } as PropertyDescriptor;
  Object.defineProperty(error, "toString", descriptor);
  return error;
}

const joined = (names: string[], last = "or") =>
  names.length < 3 ? names.join(` ${last} `) : `${names.slice(0, -1).join(", ")}, ${last} ${names.at(-1)}`;

/** "an instance of Map", as texts of errors describe a value. */
function described(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  if (typeof value === "function") return `function ${value.name}`;
  if (typeof value === "object") {
    const name = value.constructor?.name;
    return name ? `an instance of ${name}` : inspect(value, { depth: -1 });
  }
  let shown = inspect(value, { colors: false });
  if (shown.length > LONGEST) shown = `${shown.slice(0, LONGEST - 3)}...`;
  return `type ${typeof value} (${shown})`;
}

function subject(name: string): string {
  if (name.endsWith(" argument")) return `The ${name}`;
  return `The "${name}" ${name.includes(".") ? "property" : "argument"}`;
}

/** `expected` are types, such as "string", and classes. */
export function invalidArgType(name: string, expected: string | string[], value: unknown): NodeError {
  const given = [expected].flat();
  const isClass = (one: string) => !TYPES.has(one.toLowerCase()) && /^[A-Z]/.test(one);
  // Beside classes, an object is said to be an instance of one, too.
  const all = given.some(isClass) ? given.map((one) => (one.toLowerCase() === "object" ? "Object" : one)) : given;
  const isObject = (one: string) => one === "Object" && given.some(isClass);
  const types = all.filter((one) => TYPES.has(one.toLowerCase()) && !isObject(one)).map((one) => one.toLowerCase());
  const classes = [...all.filter(isClass), ...all.filter(isObject)];
  const others = all.filter((one) => !TYPES.has(one.toLowerCase()) && !/^[A-Z]/.test(one));
  const parts = [
    ...(types.length > 0 ? [`${types.length > 1 ? "one of type" : "of type"} ${joined(types)}`] : []),
    ...(classes.length > 0 ? [`an instance of ${joined(classes)}`] : []),
    ...(others.length > 0 ? [`${others.length > 1 ? "one of " : ""}${joined(others)}`] : []),
  ];
  const message = `${subject(name)} must be ${parts.join(" or ")}. Received ${described(value)}`;
  return nodeError(TypeError, "ERR_INVALID_ARG_TYPE", message);
}

export function invalidArgValue(name: string, value: unknown, reason = "is invalid"): NodeError {
  let shown = inspect(value);
  if (shown.length > 128) shown = `${shown.slice(0, 128)}...`;
  const kind = name.includes(".") ? "property" : "argument";
  return nodeError(TypeError, "ERR_INVALID_ARG_VALUE", `The ${kind} '${name}' ${reason}. Received ${shown}`);
}

export function outOfRange(name: string, range: string, value: unknown): NodeError {
  let shown = inspect(value);
  if (Number.isInteger(value) && Math.abs(value as number) > 2 ** 32) shown = grouped(String(value));
  else if (typeof value === "bigint")
    shown = `${value > 2n ** 32n || value < -(2n ** 32n) ? grouped(String(value)) : value}n`;
  const message = `The value of "${name}" is out of range. It must be ${range}. Received ${shown}`;
  return nodeError(RangeError, "ERR_OUT_OF_RANGE", message);
}

/** "4_294_967_296" */
const grouped = (digits: string) => digits.replace(/\B(?=(\d{3})+(?!\d))/g, "_");

export const missingArgs = (...names: string[]) =>
  nodeError(
    TypeError,
    "ERR_MISSING_ARGS",
    `The ${joined(
      names.map((name) => `"${name}"`),
      "and",
    )} argument${names.length > 1 ? "s" : ""} must be specified`,
  );

export const notImplemented = (name: string) =>
  nodeError(Error, "ERR_METHOD_NOT_IMPLEMENTED", `The ${name} method is not implemented`);

export function abortError(cause?: unknown): NodeError {
  const error = nodeError(Error, "ABORT_ERR", "The operation was aborted");
  error.name = "AbortError";
  if (cause !== undefined) error.cause = cause;
  return error;
}

export function validateString(value: unknown, name: string): asserts value is string {
  if (typeof value !== "string") throw invalidArgType(name, "string", value);
}

export function validateFunction(value: unknown, name: string): asserts value is (...args: never[]) => unknown {
  if (typeof value !== "function") throw invalidArgType(name, "function", value);
}

export function validateObject(value: unknown, name: string): asserts value is object {
  if (value === null || typeof value !== "object" || Array.isArray(value)) throw invalidArgType(name, "object", value);
}

export function validateBoolean(value: unknown, name: string): asserts value is boolean {
  if (typeof value !== "boolean") throw invalidArgType(name, "boolean", value);
}

export function validateNumber(value: unknown, name: string, least?: number, most?: number): asserts value is number {
  if (typeof value !== "number") throw invalidArgType(name, "number", value);
  if ((least !== undefined && !(value >= least)) || (most !== undefined && !(value <= most))) {
    const range = [least !== undefined ? `>= ${least}` : "", most !== undefined ? `<= ${most}` : ""];
    throw outOfRange(name, range.filter((part) => part !== "").join(" && "), value);
  }
}

export function validateInteger(
  value: unknown,
  name: string,
  least = Number.MIN_SAFE_INTEGER,
  most = Number.MAX_SAFE_INTEGER,
): asserts value is number {
  if (typeof value !== "number") throw invalidArgType(name, "number", value);
  if (!Number.isInteger(value)) throw outOfRange(name, "an integer", value);
  if (value < least || value > most) throw outOfRange(name, `>= ${least} && <= ${most}`, value);
}

export function validateAbortSignal(signal: unknown, name: string): asserts signal is AbortSignal | undefined {
  if (signal === undefined) return;
  if (signal === null || typeof signal !== "object" || !("aborted" in signal)) {
    throw invalidArgType(name, "AbortSignal", signal);
  }
}
