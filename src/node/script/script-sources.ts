// What a worker is made of on disk: files with options, a build, the script and all that it reads. Watched if asked for.

import path from "node:path";
import { COMMAND_LINE, completeOptions, PROJECT } from "../options/config.ts";
import { isObject, isString } from "../options/check.ts";
import { OPTIONS } from "../options/table.ts";
import type { Log } from "../../../index.d.ts";
import type { WorkerOptions } from "../options/config.ts";
import type { OptionRow } from "../options/table.ts";
import type { Project } from "../options/wrangler.ts";
import type { Build, BuildOptions } from "./build.ts";
import type { Bundler } from "./bundle-main.ts";
import type { Watcher } from "./watch.ts";

class Sources {
  #log: Log;
  #onChange: (rebuild: boolean) => void;
  /** Decided by the first options, and kept. */
  #isWatching: boolean | undefined;
  #watcher: Watcher | undefined;
  #files: string[] = [];
  #modules: string[] = [];
  #folders: string[] = [];
  /** Folders that are read as they are: a change in one needs no build. */
  #read: string[] = [];
  #built: string | undefined;
  #build: Build | undefined;
  #bundler: Bundler | undefined;

  /** @param onChange called with whether to build again, when files have changed */
  constructor(log: Log, onChange: (rebuild: boolean) => void) {
    this.#log = log;
    this.#onChange = onChange;
  }

  get isWatching(): boolean {
    return this.#isWatching === true;
  }

  /** The options with what their files say. Builds the script when how to has changed, or when `rebuild` asks for it. */
  async prepare(given: WorkerOptions, rebuild: boolean): Promise<WorkerOptions> {
    this.#watcher?.read();
    const { options, files } = completeOptions(given, this.#log);
    this.#isWatching ??= options.watch === true;
    const root = options.rootPath ?? process.cwd();
    this.#files = [...files, ...namedFiles(options).map((file) => path.resolve(root, file))];
    this.#folders = (options.buildWatchPaths ?? []).map((folder) => path.resolve(root, folder));
    this.#read = watchedIn(options).map((folder) => path.resolve(root, folder));
    if (options.buildCommand) await this.#runBuild(options as BuildOptions, root, rebuild);
    if (options[COMMAND_LINE]) {
      const { completeForCommand } =
        require("../options/command-line.ts") as typeof import("../options/command-line.ts");
      completeForCommand(options, root);
    }
    const project = options.script === undefined && options.scriptPath === undefined ? options[PROJECT] : undefined;
    return project === undefined ? options : this.#bundle(project, options);
  }

  /** The options with the script that `main` of a project is built into. */
  async #bundle(project: Project, options: WorkerOptions): Promise<WorkerOptions> {
    const { Bundler } = require("./bundle-main.ts") as typeof import("./bundle-main.ts");
    this.#bundler ??= new Bundler(this.#log);
    try {
      return { ...options, ...(await this.#bundler.bundle(project, options, this.isWatching)) };
    } finally {
      // A correction of a file that a build has failed in builds again.
      this.#files.push(...this.#bundler.inputs);
    }
  }

  async #runBuild(options: BuildOptions, root: string, rebuild: boolean): Promise<void> {
    const how = JSON.stringify([options.buildCommand, options.buildBasePath, root]);
    if (how === this.#built && !rebuild) return;
    this.#built = undefined;
    const { startBuild } = require("./build.ts") as typeof import("./build.ts");
    this.#build = startBuild(options, root, this.#log);
    await this.#build.done;
    this.#built = how;
  }

  /** Takes note of the files that the script has imported. */
  imported(files: string[]): void {
    this.#modules = files;
  }

  /** Watches all that is known by now, after a load that succeeded or failed. */
  watch(): void {
    if (!this.isWatching) return;
    const { Watcher } = require("./watch.ts") as typeof import("./watch.ts");
    this.#watcher ??= new Watcher((changed) => this.#changed(changed));
    this.#watcher.watch([...new Set([...this.#files, ...this.#modules])], [...this.#folders, ...this.#read]);
  }

  #changed(changed: string[]): void {
    for (const file of changed) this.#log.debug(`${path.relative("", file)} changed...`);
    this.#onChange(changed.some((file) => this.#folders.includes(file)));
  }

  /** Ends a build that is under way, and the watching. */
  close(): void {
    this.#build?.stop();
    this.#bundler?.close();
    this.#watcher?.close();
  }
}

/** The files that options name. */
function namedFiles({ scriptPath, wasmBindings, textBlobBindings, dataBlobBindings }: WorkerOptions): string[] {
  const bound = [wasmBindings, textBlobBindings, dataBlobBindings].filter((given) => isObject(given)).flatMap(valuesOf);
  return scriptPath === undefined ? bound : [scriptPath, ...bound];
}

const WATCHED = Object.keys(OPTIONS).filter((name) => OPTIONS[name].watches);

/** The folders that options name which the worker reads while it runs. */
const watchedIn = (options: WorkerOptions): string[] =>
  WATCHED.map((name) => watchedOf(OPTIONS[name], Reflect.get(options, name)))
    .filter(isString)
    .filter((folder) => folder !== "");

const watchedOf = ({ watches }: OptionRow, value: unknown): unknown =>
  typeof watches === "function" && value !== undefined ? watches(value as never) : value;

const valuesOf = (files: Record<string, string>) => Object.values(files);

export { Sources };
