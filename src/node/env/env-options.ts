// The options of an environment. They come as JSON, from a configuration, a command line or a comment of a test file, where
// `true` is easily written as text, and a name easily misspelled.

import { isObject } from "../options/check.ts";
import { OptionsError, describe } from "../errors.ts";
import { optionCheck, optionNames, optionsFromTexts } from "../options/options.ts";

/**
 * The options of an instance that an environment was given.
 * @param warn told, in one line, of options that are text
 * @param ignored names of options that are left out
 */
function readOptions(
  given: unknown = {},
  warn: (text: string) => void,
  ignored: readonly string[] = [],
): object | undefined {
  if (!isObject(given)) {
    const text = `Invalid options of the environment: expected an object, got ${describe(given)}`;
    throw new OptionsError("ERR_INVALID_OPTION", text);
  }
  const own = Object.fromEntries(Object.entries(given).filter(([name]) => !ignored.includes(name)));
  for (const name of Object.keys(own)) if (optionCheck(name) === undefined) throw unknownOption(name, optionNames());
  const texts: string[] = [];
  const options = optionsFromTexts(own, (path: string, text: string) => texts.push(`${path}: ${text}`));
  if (texts.length > 0) {
    const rest = "of the environment's options are text, and taken for what the text says: write them without quotes";
    warn(`${texts.join(", ")} ${rest}`);
  }
  return options;
}

function unknownOption(name: string, known: string[]) {
  const { nearest } = require("../options/nearest.ts") as typeof import("../options/nearest.ts");
  const near = nearest(name, known);
  const remedy =
    near === undefined ? "remove it, or see docs/options.md for those there are" : `did you mean "${near}"?`;
  return new OptionsError("ERR_INVALID_OPTION", `Unknown option "${name}" of the environment: ${remedy}`);
}

export { readOptions };
