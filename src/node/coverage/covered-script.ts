// What readers of coverage need of a script: its text as it was compiled, and its source map.

import fs from "node:fs";
import { fileURLToPath } from "node:url";
import type { Script } from "../script/script.ts";

/** https://tc39.es/ecma426/ */
interface SourceMap {
  sources?: (string | null)[];
  sourcesContent?: (string | null)[];
  sourceRoot?: string;
}

/** As Node's `source-map-cache` has it: https://nodejs.org/api/cli.html#source-map-cache */
interface SourceMapEntry {
  lineLengths: number[];
  /** The map, parsed. */
  data: SourceMap;
  /** Where it was found, unless it is in the script. */
  url: string | null;
}

const LINK = /^[ \t]*\/\/[#@] sourceMappingURL=(\S+)[ \t]*$/gm;
const DATA = /^data:application\/json(?:;charset=[^;,]+)?(;base64)?,/;

/** The text of a script; undefined if it is not there any more. That of `main` may be of a build and in no file. */
function textOf(url: string, main: Script): string | undefined {
  const file = fileURLToPath(url);
  return file === main.path ? main.text : readText(file);
}

function readText(file: string): string | undefined {
  try {
    return fs.readFileSync(file, "utf8");
  } catch {
    return undefined;
  }
}

/** The source map that the text of a script links to. */
function findMap(script: string, text: string): SourceMapEntry | undefined {
  const link = [...text.matchAll(LINK)].at(-1)?.[1];
  if (link === undefined) return undefined;
  const [head, base64] = DATA.exec(link) ?? [];
  try {
    const url = head === undefined ? new URL(link, script).href : null;
    const map = url === null ? decodeMap(link.slice(head?.length), base64 !== undefined) : readText(fileURLToPath(url));
    const data = withAbsoluteSources(JSON.parse(map ?? "") as SourceMap, url ?? script);
    return { lineLengths: lengthsOf(text), data, url };
  } catch {
    // Without its map, a script is shown as it is.
    return undefined;
  }
}

/** Readers take the sources as they are. */
function withAbsoluteSources(map: SourceMap, base: string): SourceMap {
  const { sources, sourceRoot = "" } = map;
  if (!Array.isArray(sources)) return map;
  return { ...map, sourceRoot: "", sources: sources.map((name) => new URL(`${sourceRoot}${name}`, base).href) };
}

function decodeMap(text: string, isBase64: boolean): string {
  return isBase64 ? Buffer.from(text, "base64").toString() : decodeURIComponent(text);
}

function lengthsOf(text: string): number[] {
  return text.split(/\n|\u2028|\u2029/).map((line) => line.length);
}

export { findMap, textOf };
export type { SourceMapEntry };
