// Places in the user's files that stacks name. Frames of the runtime, of this package and of Node are none.

import path from "node:path";
import { fileURLToPath } from "node:url";

export interface Place {
  /** `file:line:column` */
  at: string;
  /** The function, if it has a name. */
  name: string | undefined;
}

const FRAME = /^\s+at (?:async )?(?:(.+?) \()?(.+):(\d+):(\d+)\)?$/;
const OF_RUNTIME = /^(?:ext|node|internal):/;

export function placesIn(stack: string): Place[] {
  const places: Place[] = [];
  for (const line of stack.split("\n")) {
    const [, name, file, row, column] = FRAME.exec(line) ?? [];
    if (file === undefined || OF_RUNTIME.test(file)) continue;
    const known = file.startsWith("file:") ? fileURLToPath(file) : file;
    if (path.dirname(known) !== __dirname) places.push({ at: `${known}:${row}:${column}`, name });
  }
  return places;
}
