// The script that `main` of a project is built into, by the project's own esbuild with wrangler's settings, in memory. What a
// module rule names, such as WebAssembly and text, stays a module of its own.
// https://developers.cloudflare.com/workers/wrangler/bundling/

import fs from "node:fs";
import { builtinModules, createRequire } from "node:module";
import path from "node:path";
import { BuildError } from "../errors.ts";
import { defaultRules, settingsOf } from "./bundle-settings.ts";
import { readFile } from "./files.ts";
import { isModule } from "./module-format.ts";
import type { BuildContext, BuildResult, Message } from "esbuild";
import type { Log, ModuleRule } from "../../../index.d.ts";
import type { WorkerOptions } from "../options/config.ts";
import type { Project } from "../options/wrangler.ts";
import type { Settings } from "./bundle-settings.ts";

type Esbuild = typeof import("esbuild");
type Result = BuildResult<Settings>;

/** The options that a project's script has. */
interface Bundled {
  script: string;
  scriptPath: string;
  modules: boolean;
  modulesRules: ModuleRule[];
  sourceMap?: boolean;
}

const TYPED = /\.[cm]?tsx?$|\.jsx$/;
/** A module that is not a file of the project. */
const BARE =
  /^\s*(?:import\s*|(?:import|export)\b[^"'\n;]*\bfrom\s*)["']((?!\.|\/|cloudflare:|node:|data:)[^"'\n]+)["']/gm;
const BUILT_IN = new Set(builtinModules);
const MOST_BUILDS = 20;

/** A build of the process, which other instances use while its files are as they were. */
interface Kept {
  bundled: Bundled;
  inputs: string[];
  state: string;
}
/** Builds are kept on esbuild, which the copies of this package in a process share. */
const BUILDS = Symbol.for("miniflare-rs.builds");

class Bundler {
  /** The files of the last script that was built, and those that a build after it has failed in. */
  inputs = new Set<string>();

  #log: Log;
  /** While files are watched: what builds again only what has changed, and for which options. */
  #context: { made: BuildContext<Settings>; key: string } | undefined;

  constructor(log: Log) {
    this.#log = log;
  }

  /**
   * Builds the script of a project, unless its configuration forbids it.
   * @throws BuildError if esbuild finds an error, or if there is no esbuild and it is needed
   */
  async bundle(project: Project, options: WorkerOptions, isWatching: boolean): Promise<Bundled> {
    const { config, main, folder } = project;
    const modulesRules = [...(options.modulesRules ?? []), ...defaultRules(options.modulesRules)];
    const esbuild = config.no_bundle ? undefined : findEsbuild(folder);
    this.inputs.add(main);
    if (esbuild === undefined) return unbuilt(project, options, modulesRules);
    const settings = settingsOf(project, options, modulesRules, this.#log);
    const key = JSON.stringify([settings, options.modulesRules, options.compatibilityFlags, esbuild.version]);
    const builds = ((esbuild as { [BUILDS]?: Map<string, Kept> })[BUILDS] ??= new Map());
    const kept = builds.get(key);
    if (kept !== undefined && kept.state === stateOf(kept.inputs)) {
      this.inputs = new Set(kept.inputs);
      return kept.bundled;
    }
    const result = await this.#build(esbuild, settings, key, isWatching);
    for (const warning of result.warnings) this.#log.warn(textOf(esbuild, warning, "warning"));
    const inputs = Object.keys(result.metafile.inputs).map((file) => path.resolve(folder, file));
    this.inputs = new Set(inputs);
    const bundled = { ...scriptOf(result, main, options), modulesRules };
    if (builds.size >= MOST_BUILDS) builds.clear();
    builds.set(key, { bundled, inputs, state: stateOf(inputs) });
    return bundled;
  }

  async #build(esbuild: Esbuild, settings: Settings, key: string, isWatching: boolean): Promise<Result> {
    try {
      if (!isWatching) return await esbuild.build(settings);
      if (this.#context?.key !== key) this.close();
      const context = this.#context ?? { made: await esbuild.context(settings), key };
      this.#context = context;
      return await context.made.rebuild();
    } catch (error) {
      const { errors } = error as { errors?: Message[] };
      if (errors === undefined) throw error;
      for (const { location } of errors) {
        if (location !== null) this.inputs.add(path.resolve(settings.absWorkingDir as string, location.file));
      }
      throw new BuildError(1, errors.map((message) => textOf(esbuild, message, "error")).join("\n"));
    }
  }

  close(): void {
    void this.#context?.made.dispose();
    this.#context = undefined;
  }
}

function findEsbuild(folder: string): Esbuild | undefined {
  try {
    return createRequire(path.join(folder, "package.json"))("esbuild") as Esbuild;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "MODULE_NOT_FOUND") return undefined;
    throw error;
  }
}

/** `main` as it is: a script that needs no build, or that the configuration excludes from building. */
function unbuilt({ config, main }: Project, { modules }: WorkerOptions, modulesRules: ModuleRule[]): Bundled {
  const script = readFile(main, "wranglerConfigPath", "utf8");
  const imported = [...script.matchAll(BARE)].map(([, name]) => name).find((name) => !BUILT_IN.has(name));
  const needsBuild = TYPED.test(main) || imported !== undefined;
  if (needsBuild && config.no_bundle !== true) {
    const why = TYPED.test(main) ? "is not JavaScript" : `imports the package "${imported}"`;
    throw new BuildError(-1, `${main} ${why}, so it has to be built. Install esbuild: npm i -D esbuild`);
  }
  return { script, scriptPath: main, modules: modules ?? isModule(script), modulesRules };
}

function scriptOf({ outputFiles, metafile }: Result, main: string, { modules, sourceMap }: WorkerOptions) {
  const [output] = Object.values(metafile.outputs);
  return {
    script: outputFiles[0].text,
    scriptPath: main,
    modules: modules ?? output.exports.length > 0,
    sourceMap: sourceMap ?? true,
  };
}

function textOf(esbuild: Esbuild, message: Message, kind: "error" | "warning"): string {
  return esbuild.formatMessagesSync([message], { kind, color: false })[0].trim();
}

/** The times and sizes of files. */
function stateOf(files: string[]): string {
  return files
    .map((file) => {
      const stats = fs.statSync(file, { throwIfNoEntry: false });
      return `${stats?.mtimeMs} ${stats?.size}`;
    })
    .join();
}

export { Bundler };
