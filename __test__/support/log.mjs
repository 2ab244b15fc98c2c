// A Log that keeps its lines, so that a spec can ask what was logged.

import { stripVTControlCharacters } from "node:util";
import { Log, LogLevel } from "./miniflare.mjs";

export class RecordingLog extends Log {
  lines = [];

  constructor(level = LogLevel.INFO, options = undefined) {
    super(level, options);
  }

  log(line) {
    this.lines.push(line);
  }

  /** The recorded lines with the given prefix, such as "[mf:wrn] ", without it. */
  having(prefix) {
    const plain = this.lines.map((line) => stripVTControlCharacters(line));
    return plain.filter((line) => line.startsWith(prefix)).map((line) => line.slice(prefix.length));
  }
}
