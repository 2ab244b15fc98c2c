// What the command decides where neither a flag nor a file does: the format of the script, and where `request.cf` is from.

import path from "node:path";
import fs from "node:fs";
import { isModule } from "../script/module-format.ts";
import type { WorkerOptions } from "./config.ts";

/** Completes the options of a worker whose script has been built. */
export function completeForCommand(options: WorkerOptions, root: string): void {
  options.cfFetch ??= process.env.NODE_ENV !== "test";
  const { modules, script, scriptPath } = options;
  if (modules !== undefined || script !== undefined || scriptPath === undefined) return;
  if (isModuleFile(path.resolve(root, scriptPath))) options.modules = true;
}

/** Whether a file is a module. One that cannot be read is reported when it is run. */
function isModuleFile(file: string): boolean {
  try {
    return isModule(fs.readFileSync(file, "utf8"));
  } catch {
    return false;
  }
}
