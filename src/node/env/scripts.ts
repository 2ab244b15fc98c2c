// Which workers of an environment run their scripts: those that Durable Objects live in, and those that consume queues. Of
// the others nothing is read and nothing has to be there, since a test imports what it calls itself.

import fs from "node:fs";
import path from "node:path";
import { completeOptions, PROJECT } from "../options/config.ts";
import { inheritedOptions, mountOptions } from "../instance/mounts.ts";
import { isGiven } from "./bindings.ts";
import { OPTIONS } from "../options/table.ts";
import { objectBindings } from "../../durable/node/options.ts";
import type { Log, MiniflareOptions, MountOptions } from "../../../index.d.ts";
import type { WorkerOptions } from "../options/config.ts";

/** A mount: its options as they are given, and complete; not those when its files cannot be read, which its start tells of. */
interface Mount {
  name: string;
  given: MiniflareOptions;
  complete: MiniflareOptions | undefined;
}
/** A worker of an environment. */
type Worker = Mount | typeof MAIN;

/** The options of a worker whose script is not run. */
const NO_SCRIPT = { script: "", scriptPath: undefined, packagePath: undefined };

/**
 * The main worker and its mounts, without the scripts that nothing needs.
 * @param main the options of the main worker, complete
 * @param forced options that a mount cannot change either
 * @returns the options, and the names that Durable Objects are bound to
 */
function withNeededScripts(
  main: MiniflareOptions,
  forced: MiniflareOptions,
  log: Log,
): { options: MiniflareOptions; objects: string[] } {
  const mounts = Object.entries(main.mounts ?? {}).map(([name, mount]) => readMount(name, mount, main, forced, log));
  const needed = scriptsNeeded(main, mounts);
  const without = (options: MiniflareOptions, isNeeded: boolean) => (isNeeded ? options : { ...options, ...NO_SCRIPT });
  const options = without(main, needed.has(MAIN));
  const workers = mounts.map((mount) => [mount.name, without(mount.given, needed.has(mount))]);
  const bound = [main, ...mounts.map((mount) => mount.complete ?? {})].flatMap(objectBindings);
  return {
    options: mounts.length === 0 ? options : { ...options, mounts: Object.fromEntries(workers) },
    objects: bound.map(([binding]) => binding),
  };
}

/** Options that name what the script has to be there for. */
const RUNNING = Object.keys(OPTIONS).filter((name) => OPTIONS[name].runsScript);

/** The main worker, among mounts. */
const MAIN: unique symbol = Symbol("main worker");

function readMount(
  name: string,
  mount: string | MountOptions,
  parent: MiniflareOptions,
  forced: MiniflareOptions,
  log: Log,
): Mount {
  const given = { ...mountOptions(name, mount, {}), ...forced };
  try {
    return { name, given, complete: completeOptions({ ...inheritedOptions(parent), ...given }, log).options };
  } catch {
    return { name, given, complete: undefined };
  }
}

function scriptsNeeded(main: MiniflareOptions, mounts: Mount[]) {
  const needed = new Set<Worker>(mounts.filter(({ complete }) => complete === undefined));
  const workers = new Map<Worker, MiniflareOptions>([[MAIN, main]]);
  for (const mount of mounts) workers.set(mount, mount.complete ?? {});
  const homeOf = (worker: Worker, scriptName: string | undefined) => {
    if (scriptName === undefined) return worker;
    return mounts.find(({ name }) => name === scriptName) ?? (scriptName === main.name ? MAIN : worker);
  };
  for (const [worker, options] of workers) {
    if (RUNNING.some((name) => isGiven(Reflect.get(options, name)))) needed.add(worker);
    for (const [, , scriptName] of objectBindings(options)) needed.add(homeOf(worker, scriptName));
  }
  return needed;
}

/** What decides whether a script runs, beside its text. */
const DECIDING = ["scriptPath", "modules", "modulesRules", "compatibilityDate", "compatibilityFlags"] as const;

/** What the script of Durable Objects is known by, as it is now; undefined without Durable Objects. */
function objectsScript(options: WorkerOptions): string | undefined {
  const objects = objectBindings(options);
  if (objects.length === 0) return undefined;
  const { script, scriptPath, rootPath = process.cwd() } = options;
  const file = path.resolve(rootPath, scriptPath ?? options[PROJECT]?.main ?? "");
  const changed = fs.statSync(file, { throwIfNoEntry: false })?.mtimeMs;
  return JSON.stringify([script, file, changed, objects, ...DECIDING.map((name) => options[name])]);
}

export { objectsScript, withNeededScripts };
