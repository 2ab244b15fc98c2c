// A reporter of Jest that adds the counts of workers to Jest's own coverage by V8 (`coverageProvider: "v8"`). Jest's reporter
// of coverage takes them like those of one more test file.

import fs from "node:fs";
import { createRequire } from "node:module";
import { CountsFolder, filesOf } from "./counts-folder.ts";
import { contentsOf } from "./source-texts.ts";
import { identityMap, partOfMap } from "./part-of-map.ts";
import type { AggregatedResult, Config, Reporter, Test, TestContext, TestResult } from "@jest/reporters";
import type { CountedScript } from "./counts-folder.ts";

type V8Coverage = Exclude<TestResult["v8Coverage"], undefined>;
type Method = "onTestResult" | "onRunComplete";
type CoverageReporter = { -readonly [Name in Method]: Exclude<Reporter[Name], undefined> };
type ShouldInstrument = (
  file: string,
  options: object,
  config: Config.ProjectConfig,
  loaded: readonly string[],
) => boolean;
interface JestReporters {
  CoverageReporter: { prototype: CoverageReporter };
}

/** What a reporter of Jest's is told about the whole run. */
interface RunContext {
  changedFiles?: Set<string>;
  sourcesRelatedToTestsInChangedFiles?: Set<string>;
}

/** The reporters whose runs are not over, by Jest's configuration of the run. */
const running = new Map<unknown, JestCoverage>();
const CONFIG = "_globalConfig";

class JestCoverage {
  #config: Config.GlobalConfig;
  #context: RunContext;
  #folder: CountsFolder | undefined;
  /** The files that tests have loaded themselves. */
  #loaded = new Set<string>();
  #shouldInstrument: ShouldInstrument | undefined;

  constructor(config: Config.GlobalConfig, _options?: unknown, context: RunContext = {}) {
    this.#config = config;
    this.#context = context;
    if (!config.collectCoverage || config.coverageProvider !== "v8") return;
    const file = reportersOfJest();
    this.#shouldInstrument = createRequire(file)("@jest/transform").shouldInstrument;
    takePart(require(file) as JestReporters);
    running.set(config, this);
    this.#folder = new CountsFolder();
  }

  onTestResult(_test: Test, { v8Coverage = [] }: TestResult): void {
    for (const { result } of v8Coverage) this.#loaded.add(result.url);
  }

  /** Hands the counts to Jest's reporter, when it is about to report. */
  async add(reporter: CoverageReporter, contexts: Set<TestContext>): Promise<void> {
    const counted = this.#folder?.read() ?? [];
    const v8Coverage = counted.flatMap((script) => this.#coverageOf(script, [...contexts]));
    if (v8Coverage.length > 0)
      await reporter.onTestResult(undefined as never, { v8Coverage } as never, undefined as never);
  }

  end(): void {
    running.delete(this.#config);
    this.#folder?.remove();
  }

  /** Jest converts one source at a time. It finds files by the URL, and another text than the tests' needs another one. */
  #coverageOf(script: CountedScript, contexts: TestContext[]): V8Coverage {
    const { url, text, map, functions } = script;
    const contents = map === undefined ? [text] : contentsOf(map, "");
    const isWanted = ({ file }: { file: string }) => contexts.some(({ config }) => this.#isWanted(file, config));
    return filesOf(script)
      .filter(isWanted)
      .map(({ index, file }) => {
        const part = map === undefined ? identityMap(url, text) : partOfMap(map, index, contents[index]);
        const key = this.#loaded.has(file) ? `${file}?worker=${this.#loaded.size}` : file;
        this.#loaded.add(key);
        const sourceMapPath = this.#folder?.file(`${this.#loaded.size}.map`) as string;
        fs.writeFileSync(sourceMapPath, JSON.stringify(part));
        const codeTransformResult = { code: text, originalCode: contents[index], sourceMapPath };
        return { codeTransformResult, result: { scriptId: "0", url: key, functions } } as V8Coverage[number];
      });
  }

  #isWanted(file: string, config: Config.ProjectConfig): boolean {
    const { rootDir, collectCoverage, collectCoverageFrom, coverageProvider } = this.#config;
    if (!file.startsWith(rootDir)) return false;
    const options = {
      collectCoverage,
      collectCoverageFrom,
      coverageProvider,
      globalRootDir: rootDir,
      ...this.#context,
    };
    return (this.#shouldInstrument as ShouldInstrument)(file, options, config, [file]);
  }
}

/** The file of the package `@jest/reporters` of the Jest that runs. */
function reportersOfJest(): string {
  const file = Object.keys(require.cache).find((file) =>
    /[\\/]@jest[\\/]reporters[\\/]build[\\/]index\.js$/.test(file),
  );
  if (file !== undefined) return file;
  throw new Error(
    'miniflare-rs/jest-coverage has been loaded outside of Jest: name it in the option "reporters" of Jest, version 27 or newer.',
  );
}

/** Lets reporters of this module hand over what they have before Jest's reporter of coverage reports. */
function takePart({ CoverageReporter: { prototype } }: JestReporters): void {
  const original = prototype.onRunComplete as CoverageReporter["onRunComplete"] & { isJoined?: boolean };
  if (original.isJoined) return;
  async function onRunComplete(this: CoverageReporter, contexts: Set<TestContext>, results: AggregatedResult) {
    const own = running.get((this as unknown as Record<string, unknown>)[CONFIG]);
    await own?.add(this, contexts);
    await original.call(this, contexts, results);
    own?.end();
  }
  prototype.onRunComplete = Object.assign(onRunComplete, { isJoined: true });
}

export default JestCoverage;
