// Checks of option values: each takes a value and the path it was found at, and throws an error that names both.
//
// Where options come from a command line or a comment, `true` and `1` may be there as text. So a check also knows what a
// text stands for, `meaning(text)`, which checks the parts of a value have, `parts(value, visit)`, and what the help of the
// command line says that a flag of this type takes, `takes`.

import { OptionsError, describe } from "../errors.ts";

/** Checks the value that was found at a path, and throws an `OptionsError` for a wrong one. */
export interface Check {
  (value: unknown, path: string): void;
  takes?: string | undefined;
  /** Undefined for a text that stands for nothing else. */
  meaning?: ((text: string) => unknown) | undefined;
  /** The value with its parts as `visit` gives them; undefined for one that has none. */
  parts?: ((value: unknown, visit: Visit) => unknown) | undefined;
}

/** Gets the check of a part, the part, and where it is in the value, `".name"` or `"[0]"`. */
export type Visit = (item: Check, part: unknown, at: string) => unknown;

/** Told of a text that was taken for what it says. */
export type Note = (path: string, text: string) => void;

type Test = (value: unknown) => boolean;

function check(expected: string, test: Test, { takes, meaning }: Pick<Check, "takes" | "meaning"> = {}): Check {
  const checked = (value: unknown, path: string) => {
    if (test(value)) return;
    throw new OptionsError(
      "ERR_INVALID_OPTION",
      `Invalid option "${path}": expected ${expected}, got ${describe(value)}`,
    );
  };
  return Object.assign(checked, { takes, meaning });
}

const BOOLEANS = new Map([
  ["true", true],
  ["false", false],
]);
const booleanOf = (text: string) => BOOLEANS.get(text);

function numberOf(text: string): number | undefined {
  const number = Number(text);
  return text.trim() === "" || Number.isNaN(number) ? undefined : number;
}

/** A check of numbers. */
const numeric = (expected: string, test: Test): Check => check(expected, test, { takes: "number", meaning: numberOf });

/** `value` with the booleans and numbers in it that are text; `note(path, text)` is called for each. */
function withoutTexts(item: Check, value: unknown, path: string, note: Note): unknown {
  if (isString(value)) {
    const meant = item.meaning?.(value);
    if (meant === undefined) return value;
    note(path, value);
    return meant;
  }
  return item.parts?.(value, (part, each, at) => withoutTexts(part, each, path + at, note)) ?? value;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function hasMethods(value: unknown, names: readonly string[]): boolean {
  return isObject(value) && names.every((name) => typeof value[name] === "function");
}

const isString = (value: unknown): value is string => typeof value === "string";
const isNumber = (value: unknown): value is number => typeof value === "number";
const isBoolean = (value: unknown): value is boolean => typeof value === "boolean";
const isFunction = (value: unknown) => typeof value === "function";

const boolean = check("a boolean", isBoolean, { takes: "boolean", meaning: booleanOf });
const string = check("a string", isString, { takes: "string" });
const number = numeric("a number", isNumber);
const port = numeric(
  "a whole number from 0 to 65535",
  (value) => isNumber(value) && Number.isInteger(value) && value >= 0 && value <= 65_535,
);
const func = check("a function", isFunction);
const anyRecord = check("an object", isObject, { takes: "array:KEY=VALUE" });
const booleanOrString = check("a boolean or a string", (value) => isBoolean(value) || isString(value), {
  takes: "boolean/string",
});

function oneOf(...values: unknown[]): Check {
  const listed = values.map((value) => JSON.stringify(value)).join(" or ");
  return check(listed, (value) => values.includes(value), { takes: "string" });
}

function optional(item: Check): Check {
  const checked = (value: unknown, path: string) => {
    if (value !== undefined) item(value, path);
  };
  return Object.assign(checked, { meaning: item.meaning, parts: item.parts });
}

function list(item: Check, expected: string): Check {
  const array = check(expected, Array.isArray);
  const checked = (value: unknown, path: string) => {
    array(value, path);
    for (const [i, each] of (value as unknown[]).entries()) item(each, `${path}[${i}]`);
  };
  const parts = (value: unknown, visit: Visit) =>
    Array.isArray(value) ? value.map((each, i) => visit(item, each, `[${i}]`)) : undefined;
  return Object.assign(checked, { takes: "array", parts });
}

function record(item: Check): Check {
  const checked = (value: unknown, path: string) => {
    anyRecord(value, path);
    for (const [key, each] of Object.entries(value as object)) item(each, `${path}.${key}`);
  };
  const parts = (value: unknown, visit: Visit) => membersOf(value, () => item, visit);
  return Object.assign(checked, { takes: "array:KEY=VALUE", parts });
}

/** An object of the members of another one, as `visit` gives them; those without a check stay as they are. */
function membersOf(
  value: unknown,
  checkOf: (name: string) => Check | undefined,
  visit: Visit,
): Record<string, unknown> | undefined {
  if (!isObject(value)) return undefined;
  const members = Object.entries(value).map(([key, each]) => {
    const item = checkOf(key);
    return [key, item === undefined ? each : visit(item, each, `.${key}`)];
  });
  return Object.fromEntries(members);
}

// Either a value of the short form, or an object whose members have types of their own.
function shape(members: Record<string, Check>, expected: string, isShort: Test = () => false): Check {
  const object = check(expected, (value) => isShort(value) || isObject(value));
  const checked = (value: unknown, path: string) => {
    object(value, path);
    if (isShort(value)) return;
    const given = value as Record<string, unknown>;
    for (const [key, item] of Object.entries(members)) item(given[key], `${path}.${key}`);
  };
  const parts = (value: unknown, visit: Visit) => membersOf(value, (key) => members[key], visit);
  return Object.assign(checked, { parts });
}

const strings = list(string, "an array of strings");
const paths = record(string);

export {
  anyRecord,
  boolean,
  booleanOrString,
  check,
  func,
  hasMethods,
  isFunction,
  isNumber,
  isObject,
  isString,
  list,
  membersOf,
  number,
  numeric,
  oneOf,
  optional,
  port,
  paths,
  record,
  shape,
  string,
  strings,
  withoutTexts,
};
