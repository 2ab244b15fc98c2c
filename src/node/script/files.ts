// Files that options name: when one cannot be read, the error says which option named it.

import fs from "node:fs";

function readFile(file: string, option: string, encoding: "utf8"): string;
function readFile(file: string, option: string): Buffer;
function readFile(file: string, option: string, encoding?: "utf8"): string | Buffer {
  try {
    return fs.readFileSync(file, encoding);
  } catch (error) {
    const failure = error as Error;
    failure.message += ` (named by the option "${option}")`;
    throw failure;
  }
}

/** A file's text; undefined when it is not there and may be missing. */
function readText(file: string, option: string, mayBeMissing: boolean): string | undefined {
  // Most that may be missing are, and to find that out by an error takes long.
  if (mayBeMissing && !fs.existsSync(file)) return undefined;
  try {
    return readFile(file, option, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT" && mayBeMissing) return undefined;
    throw error;
  }
}

export { readFile, readText };
