// Files that options name: when one cannot be read, the error says which option named it.

import fs from "node:fs";

function readFile(file, option, encoding) {
  try {
    return fs.readFileSync(file, encoding);
  } catch (error) {
    error.message += ` (named by the option "${option}")`;
    throw error;
  }
}

/** A file's text; undefined when it is not there and may be missing. */
function readText(file, option, mayBeMissing) {
  // Most that may be missing are, and to find that out by an error takes long.
  if (mayBeMissing && !fs.existsSync(file)) return undefined;
  try {
    return readFile(file, option, "utf8");
  } catch (error) {
    if (error.code === "ENOENT" && mayBeMissing) return undefined;
    throw error;
  }
}

export { readFile, readText };
