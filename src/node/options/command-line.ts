// What the command decides where neither a flag nor a file does: the format of the script, and where `request.cf` is from.

import path from "node:path";
import fs from "node:fs";
import vm from "node:vm";
import type { WorkerOptions } from "./config.ts";

/** A script without these words is no module. */
const MAY_BE_MODULE = /\b(?:import|export)\b/;

/** Completes the options of a worker whose script has been built. */
export function completeForCommand(options: WorkerOptions, root: string): void {
  options.cfFetch ??= process.env.NODE_ENV !== "test";
  const { modules, script, scriptPath } = options;
  if (modules !== undefined || script !== undefined || scriptPath === undefined) return;
  if (isModule(path.resolve(root, scriptPath))) options.modules = true;
}

/** Whether a script has imports or exports. A file that cannot be read is told of when it is run. */
function isModule(file: string): boolean {
  let text: string;
  try {
    text = fs.readFileSync(file, "utf8");
  } catch {
    return false;
  }
  return MAY_BE_MODULE.test(text) && !isClassic(text);
}

/** The words may be in a comment or a text: only a parser knows. */
function isClassic(text: string): boolean {
  try {
    new vm.Script(text);
    return true;
  } catch {
    return false;
  }
}
