// A Log that keeps its lines, so that a spec can ask what was logged.

import { stripVTControlCharacters } from "node:util";
import { Log, LogLevel } from "./miniflare.mjs";

export class RecordingLog extends Log {
  lines = [];
  #looks = new Set();

  constructor(level = LogLevel.INFO, options = undefined) {
    super(level, options);
  }

  log(line) {
    this.lines.push(line);
    for (const look of this.#looks) look();
  }

  /** The first line that a pattern matches, as soon as there is one. */
  line(pattern) {
    return new Promise((resolve) => {
      const look = () => {
        const line = this.lines.find((one) => pattern.test(stripVTControlCharacters(one)));
        if (line === undefined) return;
        this.#looks.delete(look);
        resolve(line);
      };
      this.#looks.add(look);
      look();
    });
  }

  /** The recorded lines with the given prefix, such as "[mf:wrn] ", without it. */
  having(prefix) {
    const plain = this.lines.map((line) => stripVTControlCharacters(line));
    return plain.filter((line) => line.startsWith(prefix)).map((line) => line.slice(prefix.length));
  }
}
