// The folder into which the workers of a test run write their counts, for a test runner's own coverage. The process that
// reports names it in the environment, which the processes and threads of the tests inherit.

import { channel } from "node:diagnostics_channel";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { mergeScriptCovs } from "@bcoe/v8-coverage";
import { COUNTS_FOLDER, WRITE_COUNTS } from "./switches.ts";
import type { FunctionCov, ProcessCov, ScriptCov } from "@bcoe/v8-coverage";
import type { SourceMap, SourceMapEntry } from "./covered-script.ts";

/** What is in a file of the folder: the content of a file of Node's, and the texts of the scripts. */
export interface CountsFile extends ProcessCov {
  "source-map-cache": Record<string, SourceMapEntry | undefined>;
  texts: Record<string, string>;
}

/** A script that has run, and how often each part of it did. */
export interface CountedScript {
  url: string;
  /** As it was compiled. */
  text: string;
  map: SourceMap | undefined;
  functions: FunctionCov[];
}

/** A folder for the counts of all workers that this process and its children start from now on. */
class CountsFolder {
  readonly #path = fs.mkdtempSync(path.join(os.tmpdir(), "miniflare-rs-coverage-"));

  constructor() {
    process.env[COUNTS_FOLDER] = this.#path;
    process.once("exit", () => this.remove());
  }

  /** The path of a file of this name in it. */
  file(name: string): string {
    return path.join(this.#path, name);
  }

  /** The scripts of all workers up to now. Scripts of one URL that differ in their text are apart. */
  read(): CountedScript[] {
    writeCounts();
    const byScript = new Map<string, { script: CountedScript; counts: ScriptCov[] }>();
    for (const name of fs.readdirSync(this.#path).filter((name) => /^coverage-.*\.json$/.test(name))) {
      const file = JSON.parse(fs.readFileSync(this.file(name), "utf8")) as CountsFile;
      for (const counted of file.result) {
        const { url } = counted;
        const text = file.texts[url];
        const map = file["source-map-cache"][url]?.data;
        const key = JSON.stringify([url, text]);
        const known = byScript.get(key);
        if (known === undefined) byScript.set(key, { script: { url, text, map, functions: [] }, counts: [counted] });
        else known.counts.push(counted);
      }
    }
    return [...byScript.values()].map(({ script, counts }) => {
      return { ...script, functions: mergeScriptCovs(counts)?.functions ?? [] };
    });
  }

  /** Forgets what has been counted. */
  clear(): void {
    for (const name of fs.readdirSync(this.#path)) fs.rmSync(this.file(name), { force: true });
  }

  /** Ends the counting. */
  remove(): void {
    if (process.env[COUNTS_FOLDER] === this.#path) delete process.env[COUNTS_FOLDER];
    fs.rmSync(this.#path, { recursive: true, force: true });
  }
}

/** Makes all workers of this thread write their counts, whichever copy of this package they are of. */
function writeCounts(): void {
  channel(WRITE_COUNTS).publish(undefined);
}

/** The files that a script consists of, by their index in its map; a script without a map is its own. */
function filesOf({ url, map }: CountedScript): { index: number; file: string }[] {
  const urls = map === undefined ? [url] : map.sources;
  const files = urls.map((one, index) => ({ index, file: one.startsWith("file:") ? fileURLToPath(one) : "" }));
  return files.filter(({ file }) => file !== "");
}

export { CountsFolder, filesOf, writeCounts };
