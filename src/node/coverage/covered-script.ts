// A script as readers of coverage need it: its text as it was compiled, and its source map.

import fs from "node:fs";
import path from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import type { Script } from "../script/script.ts";

/** https://tc39.es/ecma426/ */
interface SourceMap {
  sources?: (string | null)[];
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

interface CoveredScript {
  text: string;
  map?: SourceMapEntry;
}

const LINK = /^[ \t]*\/\/[#@] sourceMappingURL=(\S+)[ \t]*$/gm;
const DATA = /^data:application\/json(?:;charset=[^;,]+)?(;base64)?,/;

/**
 * Describes a script by its URL. `main` is that of the worker, whose text may be of a build and in no file.
 * @returns undefined if nothing can be shown of it
 */
function describeScript(url: string, main: Script): CoveredScript | undefined {
  const file = fileURLToPath(url);
  const text = file === main.path ? main.text : readText(file);
  if (text === undefined) return undefined;
  return { text, map: findMap(file, text) };
}

function readText(file: string): string | undefined {
  try {
    return fs.readFileSync(file, "utf8");
  } catch {
    return undefined;
  }
}

function findMap(file: string, text: string): SourceMapEntry | undefined {
  const link = [...text.matchAll(LINK)].at(-1)?.[1];
  if (link === undefined) return undefined;
  const [head, base64] = DATA.exec(link) ?? [];
  const at = path.resolve(path.dirname(file), decodeURI(link));
  const map = head === undefined ? readText(at) : decodeMap(link.slice(head.length), base64 !== undefined);
  try {
    const url = pathToFileURL(head === undefined ? at : file).href;
    const data = withAbsoluteSources(JSON.parse(map ?? "") as SourceMap, url);
    return { lineLengths: lengthsOf(text), data, url: head === undefined ? url : null };
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

export { describeScript };
export type { SourceMapEntry };
