"use strict";
// Checks of option values: each takes a value and the path it was found at, and throws an error that names both.

const { OptionsError, describe } = require("./errors.js");

function check(expected, test) {
  return (value, path) => {
    if (test(value)) return;
    throw new OptionsError(
      "ERR_INVALID_OPTION",
      `Invalid option "${path}": expected ${expected}, got ${describe(value)}`,
    );
  };
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

const boolean = check("a boolean", isBoolean);
const string = check("a string", isString);
const number = check("a number", (value) => typeof value === "number");
const func = check("a function", isFunction);
const anyRecord = check("an object", isObject);
const booleanOrString = check("a boolean or a string", (value) => isBoolean(value) || isString(value));

function oneOf(...values) {
  const listed = values.map((value) => JSON.stringify(value)).join(" or ");
  return check(listed, (value) => values.includes(value));
}

function optional(item) {
  return (value, path) => {
    if (value !== undefined) item(value, path);
  };
}

function list(item, expected) {
  const array = check(expected, Array.isArray);
  return (value, path) => {
    array(value, path);
    for (const [i, each] of value.entries()) item(each, `${path}[${i}]`);
  };
}

function record(item) {
  return (value, path) => {
    anyRecord(value, path);
    for (const [key, each] of Object.entries(value)) item(each, `${path}.${key}`);
  };
}

// Either a value of the short form, or an object whose members have types of their own.
function shape(members, expected, isShort = () => false) {
  const object = check(expected, (value) => isShort(value) || isObject(value));
  return (value, path) => {
    object(value, path);
    if (isShort(value)) return;
    for (const [key, item] of Object.entries(members)) item(value[key], `${path}.${key}`);
  };
}

module.exports = {
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
  number,
  oneOf,
  optional,
  record,
  shape,
  string,
};
