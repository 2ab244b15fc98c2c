// The scripts of workers in a report of Vitest's provider: its methods are replaced by ones that take them in. Versions of the
// provider differ in how they convert counts, but all of them ask `getSources` for a script and its source map.

import fs from "node:fs";
import { pathToFileURL } from "node:url";
import { alignTo } from "./aligned.ts";
import { CountsFolder, filesOf } from "./counts-folder.ts";
import { contentsOf } from "./source-texts.ts";
import type { FileCoverage } from "./aligned.ts";
import type { CountedScript } from "./counts-folder.ts";

interface CoverageMap {
  data: Record<string, FileCoverage | { data: FileCoverage }>;
  merge(other: object): void;
}

type Method = (...args: unknown[]) => unknown;

/** The members of a provider that are used here, with the versions of Vitest that have them. */
export interface Provider {
  convertCoverage(coverage: { result: object[] }, ...rest: unknown[]): Promise<CoverageMap>;
  getSources: Method;
  resolveOptions(): object;
  clean(...args: unknown[]): Promise<void>;
  reportCoverage(...args: unknown[]): Promise<void>;
  /** From 2 on. */
  generateCoverage?(...args: unknown[]): Promise<CoverageMap>;
  /** Up to 3. */
  testExclude?: { shouldInstrument(file: string): boolean };
  getUntestedFiles?: Method;
  /** From 4 on. */
  isIncluded?(file: string): boolean;
  getCoverageMapForUncoveredFiles?: Method;
}

/** Where the untested files are added to a report, whose first argument has those that have been tested. */
const UNTESTED = ["getCoverageMapForUncoveredFiles", "getUntestedFiles"] as const;

class WorkerScripts {
  #provider: Provider;
  #folder = new CountsFolder();
  /** Of a report that is being made: the files of workers. */
  #files: Record<string, FileCoverage> | undefined;
  #convert: Provider["convertCoverage"];
  /** The script that the provider converts now. */
  #current: object | undefined;

  constructor(provider: Provider) {
    this.#provider = provider;
    this.#convert = provider.convertCoverage.bind(provider);
  }

  /** Makes the provider take the workers' scripts into its reports. */
  join(): void {
    const provider = this.#provider;
    const { getSources, clean, resolveOptions } = provider;
    // Tests load the module that the options name only if it is a custom one.
    provider.resolveOptions = () => Object.assign(resolveOptions.call(provider), { provider: "custom" });
    provider.getSources = (...args) => this.#current ?? getSources.apply(provider, args);
    provider.clean = async (...args) => {
      this.#folder.clear();
      await clean.apply(provider, args);
    };
    if (provider.generateCoverage !== undefined) this.#joinMap(provider.generateCoverage);
    else this.#joinReport(provider.reportCoverage);
    const name = UNTESTED.find((name) => name in provider && (name === UNTESTED[0] || !(UNTESTED[0] in provider)));
    if (name !== undefined) this.#joinUntested(name, provider[name] as Method);
  }

  /** From version 2 on, the files of a report are made in one step, and reported in another. */
  #joinMap(generate: Exclude<Provider["generateCoverage"], undefined>): void {
    const provider = this.#provider;
    provider.generateCoverage = async (...args) => {
      this.#files = await this.#convertAll();
      const map = await generate.apply(provider, args);
      this.#mergeInto(map);
      return map;
    };
  }

  /** In version 1 both are one step: the files come with those of the first conversion. */
  #joinReport(report: Provider["reportCoverage"]): void {
    const provider = this.#provider;
    let isFirst = true;
    provider.convertCoverage = async (...args) => {
      const map = await this.#convert(...args);
      if (isFirst) this.#mergeInto(map);
      isFirst = false;
      return map;
    };
    provider.reportCoverage = async (...args) => {
      this.#files = await this.#convertAll();
      isFirst = true;
      await report.apply(provider, args);
    };
  }

  #joinUntested(name: (typeof UNTESTED)[number], original: Method): void {
    const provider = this.#provider;
    provider[name] = (tested, ...rest) => {
      const all = [...(tested as string[]), ...Object.keys(this.#files ?? {})];
      return original.call(provider, all, ...rest);
    };
  }

  #mergeInto(map: CoverageMap): void {
    const known = (file: string) => {
      const found = map.data[file];
      return found !== undefined && "data" in found ? found.data : found;
    };
    const aligned = Object.entries(this.#files ?? {}).map(([file, own]) => [file, alignTo(own, known(file))]);
    map.merge(Object.fromEntries(aligned));
  }

  /** What the provider makes of the scripts, by file. */
  async #convertAll(): Promise<Record<string, FileCoverage>> {
    const all: Record<string, FileCoverage> = {};
    let map: CoverageMap | undefined;
    for (const script of this.#folder.read()) {
      const converted = await this.#convertOne(script);
      if (map === undefined) map = converted;
      else if (converted !== undefined) map.merge(converted.data);
    }
    for (const [file, found] of Object.entries(map?.data ?? {})) {
      if (this.#isWanted(file)) all[file] = "data" in found ? found.data : found;
    }
    return all;
  }

  async #convertOne(script: CountedScript): Promise<CoverageMap | undefined> {
    const { text, functions } = script;
    // The provider leaves out a script whose URL is not of a wanted file.
    const wanted = filesOf(script).find(({ file }) => this.#isWanted(file));
    if (wanted === undefined) return undefined;
    const url = pathToFileURL(wanted.file).href;
    const map = script.map && { ...script.map, sourcesContent: contentsOf(script.map, "") };
    const content = map?.sourcesContent[wanted.index] ?? text;
    const sourceMap = map && { sourcemap: map };
    // Versions name the same things differently.
    const code = withoutNames(text);
    this.#current = { isExecuted: false, source: code, originalSource: content, sourceMap, code, map };
    try {
      return await this.#convert({ result: [{ scriptId: "0", url, functions, startOffset: 0 }] });
    } finally {
      this.#current = undefined;
    }
  }

  #isWanted(file: string): boolean {
    const { testExclude, isIncluded } = this.#provider;
    if (!fs.existsSync(file) || file.includes("/node_modules/")) return false;
    if (testExclude !== undefined) return testExclude.shouldInstrument(file);
    return isIncluded === undefined || isIncluded.call(this.#provider, file);
  }
}

/** A script without what esbuild adds to give functions their names, which is at places of the source, and no statement of it. */
function withoutNames(text: string): string {
  return text.replace(/^[ \t]*__name\([\w$.]+, "[^"\n]*"\);$/gm, (added) => " ".repeat(added.length));
}

export { WorkerScripts };
