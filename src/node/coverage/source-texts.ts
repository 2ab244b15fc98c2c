// Files that may be gone by the time their coverage is reported.

import fs from "node:fs";

/** The text of a file; undefined if it cannot be read. */
function readText(file: string): string | undefined {
  try {
    return fs.readFileSync(file, "utf8");
  } catch {
    return undefined;
  }
}

export { readText };
