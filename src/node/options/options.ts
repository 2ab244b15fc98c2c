// The constructor's options: whether each has the type of its row, and how later ones join earlier ones.

import { isObject, membersOf, withoutTexts } from "./check.ts";
import { OptionsError, describe } from "../errors.ts";
import { OPTIONS, rowOf } from "./table.ts";
import type { MiniflareOptions } from "../../../index.d.ts";
import type { WorkerOptions } from "./config.ts";
import type { Check, Note, Visit } from "./check.ts";

const optionCheck = (name: string): Check | undefined => rowOf(name)?.check;

function checkAll(options: Record<string, unknown>, prefix: string): void {
  for (const name of Object.keys(options)) {
    if (options[name] !== undefined) optionCheck(name)?.(options[name], prefix + name);
  }
}

/** Throws an `OptionsError` for the first option of a wrong type. Options it does not know are ignored. */
function validateOptions(options: unknown = {}): asserts options is MiniflareOptions | undefined {
  if (!isObject(options)) {
    throw new OptionsError("ERR_INVALID_OPTION", `Invalid options: expected an object, got ${describe(options)}`);
  }
  checkAll(options, "");
}

/** Options whose booleans and numbers may be text, with these as what they are; `note(path, text)` is called for each. */
function optionsFromTexts(options: Record<string, unknown>, note: Note): Record<string, unknown> | undefined {
  const visit: Visit = (item, value, at) => withoutTexts(item, value, at.slice(1), note);
  return membersOf(options, optionCheck, visit);
}

/** The names of all options. */
function optionNames(): string[] {
  return Object.keys(OPTIONS).filter((name) => OPTIONS[name].check !== undefined);
}

/** `next` over `previous`; a name that `next` sets to `undefined` is unset, whatever another source says of it. */
function mergeOptions(previous: WorkerOptions, next: WorkerOptions | undefined): WorkerOptions {
  return { ...previous, ...next };
}

export { checkAll, mergeOptions, optionCheck, optionNames, optionsFromTexts, validateOptions };
