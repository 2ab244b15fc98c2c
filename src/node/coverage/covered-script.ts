// What readers of coverage need of a script: its text as it was compiled, and its source map.

import path from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { binding } from "../binding/binding.ts";
import { readText } from "./source-texts.ts";
import type { Script } from "../script/script.ts";

/** https://tc39.es/ecma426/, with mappings of its own and URLs for sources. */
export interface SourceMap {
  version: 3;
  sources: string[];
  sourcesContent?: (string | null)[];
  names: string[];
  mappings: string;
}

/** As Node's `source-map-cache` has it: https://nodejs.org/api/cli.html#source-map-cache */
export interface SourceMapEntry {
  lineLengths: number[];
  /** The map, parsed. */
  data: SourceMap;
  /** Where it was found, unless it is in the script. */
  url: string | null;
}

/** The text of a script; undefined if it is not there any more. That of `main` may be of a build and in no file. */
function textOf(url: string, main: Script): string | undefined {
  const file = fileURLToPath(url);
  return file === main.path ? main.text : readText(file);
}

/** The source map that the text of a script links to. Without one, a script is shown as it is. */
function findMap(script: string, text: string): SourceMapEntry | undefined {
  const found = binding.findSourceMap(fileURLToPath(script), text);
  if (found === null) return undefined;
  const [json, file] = found;
  const map = JSON.parse(json) as SourceMap;
  const data = { ...map, sources: map.sources.map(urlOf) };
  return { lineLengths: lengthsOf(text), data, url: file === undefined ? null : pathToFileURL(file).href };
}

function urlOf(source: string): string {
  return path.isAbsolute(source) ? pathToFileURL(source).href : source;
}

function lengthsOf(text: string): number[] {
  return text.split(/\n|\u2028|\u2029/).map((line) => line.length);
}

export { findMap, textOf };
