// Texts of files that may be gone by the time they are shown.

import fs from "node:fs";
import { fileURLToPath } from "node:url";
import type { SourceMap } from "./covered-script.ts";

/** The text of a file; undefined if it cannot be read. */
function readText(file: string): string | undefined {
  try {
    return fs.readFileSync(file, "utf8");
  } catch {
    return undefined;
  }
}

/** The texts of the sources of a map, from the map or from their files; `missing` for those that are not there. */
function contentsOf<Missing>({ sources, sourcesContent }: SourceMap, missing: Missing): (string | Missing)[] {
  return sources.map((source, index) => {
    const content = sourcesContent?.[index];
    return content ?? (source.startsWith("file:") ? readText(fileURLToPath(source)) : undefined) ?? missing;
  });
}

export { contentsOf, readText };
