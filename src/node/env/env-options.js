"use strict";
// The options of an environment. They come as JSON, from a configuration, a command line or a comment of a test file, where
// `true` is easily written as text, and a name easily misspelled.

const { isObject } = require("../options/check.js");
const { OptionsError, describe } = require("../errors.js");
const { optionNames, optionsFromTexts } = require("../options/options.js");

/**
 * The options of an instance that an environment was given.
 * @param warn told, in one line, of options that are text
 * @param ignored names of options that are left out
 */
function readOptions(given = {}, warn, ignored = []) {
  if (!isObject(given)) {
    const text = `Invalid options of the environment: expected an object, got ${describe(given)}`;
    throw new OptionsError("ERR_INVALID_OPTION", text);
  }
  const own = Object.fromEntries(Object.entries(given).filter(([name]) => !ignored.includes(name)));
  const known = optionNames();
  for (const name of Object.keys(own)) if (!known.includes(name)) throw unknownOption(name, known);
  const texts = [];
  const options = optionsFromTexts(own, (path, text) => texts.push(`${path}: ${text}`));
  if (texts.length > 0) {
    const rest = "of the environment's options are text, and taken for what the text says: write them without quotes";
    warn(`${texts.join(", ")} ${rest}`);
  }
  return options;
}

function unknownOption(name, known) {
  const near = nearest(name, known);
  const remedy =
    near === undefined ? "remove it, or see docs/options.md for those there are" : `did you mean "${near}"?`;
  return new OptionsError("ERR_INVALID_OPTION", `Unknown option "${name}" of the environment: ${remedy}`);
}

/** The name that is written most like this one; undefined when none is alike. */
function nearest(name, known) {
  const distances = known.map((one) => [distance(name.toLowerCase(), one.toLowerCase()), one]);
  const [least, one] = distances.reduce((best, next) => (next[0] < best[0] ? next : best));
  return least <= Math.max(2, name.length / 3) ? one : undefined;
}

/** How many letters must be put in, left out or replaced to make one text of the other. */
function distance(from, to) {
  let row = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (let i = 1; i <= from.length; i++) {
    const next = [i];
    for (let j = 1; j <= to.length; j++) {
      const replaced = row[j - 1] + (from[i - 1] === to[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, row[j] + 1, next[j - 1] + 1));
    }
    row = next;
  }
  return row.at(-1);
}

module.exports = { readOptions };
