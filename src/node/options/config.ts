// Options that stand in files: the configuration of wrangler, package.json and .env. What the constructor is given beats what they say.

import path from "node:path";
import { readText } from "../script/files.ts";
import { validateOptions } from "./options.ts";
import { findPlace } from "./find-config.ts";
import { fileOf } from "./table.ts";
import type { Log, MiniflareOptions } from "../../../index.d.ts";
import type { Project, WranglerOptions } from "./wrangler.ts";

/** A file that was read or that may come to be, and what it says. */
type Named<Said> = { file?: string } & Said;

// An environment completes options in one copy of this package and makes its instance in another, so the symbols are the same
// in each.

/** Bindings of the lowest priority among the options: `[vars]` of wrangler.toml, then the `.env` file. */
const FILE_BINDINGS = Symbol.for("miniflare-rs.bindings from files");

/** The project whose `main` is built into the script, among the options, unless they have a script. */
const PROJECT = Symbol.for("miniflare-rs.project");

/** Where a worker's script finds the globals that it has not, among the options: `{ has(name), get(name) }`, in Node. */
const OUTER_SCOPE = Symbol.for("miniflare-rs.outer scope");

/** Whether a worker is loaded when something is first asked of it, among the options: `true`. */
const LOADS_LATER = Symbol.for("miniflare-rs.loads later");

/** Whether the options are those of the command, among them: `true`. What no flag and no file says is then found out. */
const COMMAND_LINE = Symbol("command line");

/** Where a worker finds globals that it does not have. */
export interface OuterScope {
  has(name: string): boolean;
  get(name: string): unknown;
}

/** The options of a worker, with those that this package itself adds. */
export interface WorkerOptions extends MiniflareOptions {
  [FILE_BINDINGS]?: Record<string, unknown>;
  [PROJECT]?: Project;
  [OUTER_SCOPE]?: OuterScope;
  [LOADS_LATER]?: boolean;
  [COMMAND_LINE]?: boolean;
}

/** Options that name files, for a worker whose options are complete. */
const FILES_READ = {
  wranglerConfigPath: undefined,
  packagePath: undefined,
  envPath: undefined,
  envPathDefaultFallback: undefined,
};

/**
 * The options of a worker, complete with what its files say.
 * @returns `{ options, files }`: the files that were read or that may come to be
 */
function completeOptions(given: WorkerOptions, log: Log): { options: WorkerOptions; files: string[] } {
  const root = given.rootPath ?? process.cwd();
  // Most workers name no files: reading them is loaded for those that do.
  const place = findPlace(given.wranglerConfigPath, root);
  const wrangler = place === undefined ? NONE : wranglerReader().readWrangler(given, place, log);
  // One may come to be.
  const awaited = given.wranglerConfigPath && place === undefined ? path.resolve(root, "wrangler.toml") : undefined;
  const options: WorkerOptions = { ...wrangler.options, ...given };
  if (wrangler !== NONE) validateOptions(options);
  if (wrangler.project !== undefined) options[PROJECT] = wrangler.project;
  const script = packageScript(options, root);
  const env = dotEnv(options, root);
  options.scriptPath ??= script.path;
  if (wrangler !== NONE || env.file !== undefined) options[FILE_BINDINGS] = { ...wrangler.vars, ...env.values };
  const files = [...wrangler.files, awaited, script.file, env.file].filter((file) => file !== undefined);
  return { options, files };
}
const NONE: WranglerOptions = { files: [], options: {}, vars: {} };
const wranglerReader = () => require("./wrangler.ts") as typeof import("./wrangler.ts");

/** The script that package.json names, when no option names one. */
function packageScript(
  { script, scriptPath, packagePath, modules, [PROJECT]: project }: WorkerOptions,
  root: string,
): Named<{ path?: string }> {
  if (!packagePath || project !== undefined || script !== undefined || scriptPath !== undefined) return {};
  const file = path.resolve(root, fileOf("packagePath", packagePath));
  const text = readText(file, "packagePath", packagePath === true);
  if (text === undefined) return { file };
  const main = parseJson(text, file)?.[modules ? "module" : "main"];
  return { file, path: typeof main === "string" && main !== "" ? path.resolve(path.dirname(file), main) : undefined };
}

function parseJson(text: string, file: string): Record<string, unknown> | null {
  try {
    return JSON.parse(text);
  } catch (error) {
    const wrong = error as SyntaxError;
    wrong.message = `${file} is not valid JSON: ${wrong.message}`;
    throw wrong;
  }
}

function dotEnv(
  { envPath, envPathDefaultFallback }: MiniflareOptions,
  root: string,
): Named<{ values?: Record<string, string> }> {
  const wanted = envPath ?? (envPathDefaultFallback || undefined);
  if (!wanted) return {};
  const file = path.resolve(root, fileOf("envPath", wanted));
  const text = readText(file, "envPath", wanted === true);
  return { file, values: text === undefined ? {} : parserOfEnv()(text) };
}

const parserOfEnv = () => (require("./dotenv.ts") as typeof import("./dotenv.ts")).parseEnv;

export { COMMAND_LINE, completeOptions, FILE_BINDINGS, FILES_READ, LOADS_LATER, OUTER_SCOPE, PROJECT };
