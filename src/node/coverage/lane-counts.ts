// How often the scripts of workers have run, written beside the files that Node writes for itself when NODE_V8_COVERAGE names a
// folder, or into the folder of a test runner's own coverage. What reads the former, such as c8 and Node's own test runner, then
// counts workers as well: https://nodejs.org/api/cli.html#node_v8_coveragedir

import { randomInt } from "node:crypto";
import { channel } from "node:diagnostics_channel";
import fs from "node:fs";
import path from "node:path";
import vm from "node:vm";
import { mergeProcessCovs } from "@bcoe/v8-coverage";
import { findMap, textOf } from "./covered-script.ts";
import { folderOfCounts, WRITE_COUNTS } from "./switches.ts";
import type { FunctionCov, ProcessCov, ScriptCov } from "@bcoe/v8-coverage";
import type { SourceMapEntry } from "./covered-script.ts";
import type { Script } from "../script/script.ts";

/** Node numbers its own files by its threads. Several copies of this package may write at the same moment. */
const OWN_FILES = 1_000_000;
const MOST_FILES = 2 ** 40;

const NAMING = /^(?:static\s*)?\{?\s*__name\(this, "[^"\n]*"\);?\s*\}?$/;

/** Takes what has been counted since it was called last: JSON of `ScriptCov[]`. */
type Take = () => string | null | undefined;

/** The lanes that count now. */
const open = new Set<LaneCounts>();
/** What is in the file, and what is not there yet. */
let written: ProcessCov = { result: [] };
let fresh: ScriptCov[] = [];
/** The source maps of those that have one; JSON leaves out the others. */
const maps = new Map<string, SourceMapEntry | undefined>();
/** The text of each script, by its URL: counts of different texts cannot be added. */
const texts = new Map<string, string>();
let file: string | undefined;

/** The counts of one lane. */
class LaneCounts {
  #script: Script;
  #take: Take | undefined;

  constructor(script: Script) {
    this.#script = script;
  }

  begin(take: Take): void {
    this.#take = take;
    open.add(this);
  }

  /** Takes the last counts and writes them. */
  end(): void {
    if (!open.delete(this)) return;
    this.collect();
    write();
  }

  collect(): void {
    const counts = JSON.parse(this.#take?.() ?? "[]") as ScriptCov[];
    for (const script of counts) add(script, this.#script);
  }
}

function add(counted: ScriptCov, main: Script): void {
  const { url } = counted;
  const text = textOf(url, main);
  if (text === undefined) return;
  if (texts.get(url) !== text) {
    // A reload has a new text: what is known of the old one is of no use.
    fresh = fresh.filter((one) => one.url !== url);
    written = { result: written.result.filter((one) => one.url !== url) };
    texts.set(url, text);
    maps.set(url, findMap(url, text));
  }
  fresh.push({ ...counted, functions: counted.functions.filter((one) => !isAdded(one, text)) });
}

/** Whether a function is one that esbuild has added to a class, to give it its name. */
function isAdded({ functionName, ranges: [{ startOffset, endOffset }] }: FunctionCov, text: string): boolean {
  return functionName === "<static_initializer>" && NAMING.test(text.slice(startOffset, endOffset));
}

/** Adds to the file. A reader may have deleted it, and has had what was in it then. */
function write(): void {
  const folder = folderOfCounts();
  if (folder === undefined || fresh.length === 0) return;
  const isSame = file !== undefined && path.dirname(file) === path.resolve(folder) && fs.existsSync(file);
  if (!isSame) written = { result: [] };
  if (file === undefined || !isSame) file = fileIn(folder);
  written = mergeProcessCovs([written, { result: fresh }]);
  fresh = [];
  const content = {
    ...written,
    timestamp: process.uptime() * 1000,
    "source-map-cache": Object.fromEntries(maps),
    // A tool that reads Node's files finds them on the disk.
    texts: folder === process.env.NODE_V8_COVERAGE ? undefined : Object.fromEntries(texts),
  };
  fs.mkdirSync(path.dirname(file), { recursive: true });
  fs.writeFileSync(file, JSON.stringify(content));
}

function fileIn(folder: string): string {
  return path.resolve(folder, `coverage-${process.pid}-${Date.now()}-${randomInt(OWN_FILES, MOST_FILES)}.json`);
}

function writeAll(): void {
  for (const lane of open) lane.collect();
  write();
}

channel(WRITE_COUNTS).subscribe(writeAll);
// The `process` of a test runner's realm may be a copy, which does not end.
(vm.runInThisContext("process") as NodeJS.Process).on("exit", () => {
  writeAll();
  open.clear();
});

export { LaneCounts };
