// Checks of option values: each takes a value and the path it was found at, and throws an error that names both.
//
// Where options come from a command line or a comment, `true` and `1` may be there as text. So a check also knows what a
// text stands for, `meaning(text)`, which checks the parts of a value have, `parts(value, visit)`, and what the help of the
// command line says that a flag of this type takes, `takes`.

import { OptionsError, describe } from "../errors.ts";

function check(expected, test, { takes, meaning } = {}) {
  const checked = (value, path) => {
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
const booleanOf = (text) => BOOLEANS.get(text);

function numberOf(text) {
  const number = Number(text);
  return text.trim() === "" || Number.isNaN(number) ? undefined : number;
}

/** A check of numbers. */
const numeric = (expected, test) => check(expected, test, { takes: "number", meaning: numberOf });

/** `value` with the booleans and numbers in it that are text; `note(path, text)` is told of each. */
function withoutTexts(item, value, path, note) {
  if (isString(value)) {
    const meant = item.meaning?.(value);
    if (meant === undefined) return value;
    note(path, value);
    return meant;
  }
  return item.parts?.(value, (part, each, at) => withoutTexts(part, each, path + at, note)) ?? value;
}

function isObject(value) {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function hasMethods(value, names) {
  return isObject(value) && names.every((name) => typeof value[name] === "function");
}

const isString = (value) => typeof value === "string";
const isBoolean = (value) => typeof value === "boolean";
const isFunction = (value) => typeof value === "function";

const boolean = check("a boolean", isBoolean, { takes: "boolean", meaning: booleanOf });
const string = check("a string", isString, { takes: "string" });
const number = numeric("a number", (value) => typeof value === "number");
const func = check("a function", isFunction);
const anyRecord = check("an object", isObject, { takes: "array:KEY=VALUE" });
const booleanOrString = check("a boolean or a string", (value) => isBoolean(value) || isString(value), {
  takes: "boolean/string",
});

function oneOf(...values) {
  const listed = values.map((value) => JSON.stringify(value)).join(" or ");
  return check(listed, (value) => values.includes(value), { takes: "string" });
}

function optional(item) {
  const checked = (value, path) => {
    if (value !== undefined) item(value, path);
  };
  return Object.assign(checked, { meaning: item.meaning, parts: item.parts });
}

function list(item, expected) {
  const array = check(expected, Array.isArray);
  const checked = (value, path) => {
    array(value, path);
    for (const [i, each] of value.entries()) item(each, `${path}[${i}]`);
  };
  const parts = (value, visit) =>
    Array.isArray(value) ? value.map((each, i) => visit(item, each, `[${i}]`)) : undefined;
  return Object.assign(checked, { takes: "array", parts });
}

function record(item) {
  const checked = (value, path) => {
    anyRecord(value, path);
    for (const [key, each] of Object.entries(value)) item(each, `${path}.${key}`);
  };
  const parts = (value, visit) => membersOf(value, () => item, visit);
  return Object.assign(checked, { takes: "array:KEY=VALUE", parts });
}

/** An object of the members of another one, as `visit` gives them; those without a check stay as they are. */
function membersOf(value, checkOf, visit) {
  if (!isObject(value)) return undefined;
  const members = Object.entries(value).map(([key, each]) => {
    const item = checkOf(key);
    return [key, item === undefined ? each : visit(item, each, `.${key}`)];
  });
  return Object.fromEntries(members);
}

// Either a value of the short form, or an object whose members have types of their own.
function shape(members, expected, isShort = () => false) {
  const object = check(expected, (value) => isShort(value) || isObject(value));
  const checked = (value, path) => {
    object(value, path);
    if (isShort(value)) return;
    for (const [key, item] of Object.entries(members)) item(value[key], `${path}.${key}`);
  };
  const parts = (value, visit) => membersOf(value, (key) => members[key], visit);
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
  isObject,
  isString,
  list,
  membersOf,
  number,
  numeric,
  oneOf,
  optional,
  paths,
  record,
  shape,
  string,
  strings,
  withoutTexts,
};
