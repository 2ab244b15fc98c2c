// Options that stand in files: wrangler.toml, package.json and .env. What the constructor is given beats what they say.

import path from "node:path";
import { readText } from "../script/files.ts";
import { validateOptions } from "./options.ts";
import { fileOf } from "./table.ts";

/** Bindings of the lowest priority among the options: `[vars]` of wrangler.toml, then the `.env` file. */
const FILE_BINDINGS = Symbol("bindings from files");

/** Where a worker's script finds the globals that it has not, among the options: `{ has(name), get(name) }`, in Node. */
const OUTER_SCOPE = Symbol("outer scope");

/** Whether a worker is loaded when something is first asked of it, among the options: `true`. */
const LOADS_LATER = Symbol("loads later");

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
function completeOptions(given, log) {
  const root = given.rootPath ?? process.cwd();
  // Most workers name no files: reading them is loaded for those that do.
  const wrangler = given.wranglerConfigPath ? require("./wrangler.ts").readWrangler(given, root, log) : NONE;
  const options = { ...wrangler.options, ...given };
  if (wrangler !== NONE) validateOptions(options);
  const script = packageScript(options, root);
  const env = dotEnv(options, root);
  options.scriptPath ??= script.path;
  if (wrangler !== NONE || env.file !== undefined) options[FILE_BINDINGS] = { ...wrangler.vars, ...env.values };
  const files = [wrangler.file, script.file, env.file].filter((file) => file !== undefined);
  return { options, files };
}
const NONE = { options: {}, vars: {} };

/** The script that package.json names, when no option names one. */
function packageScript({ script, scriptPath, packagePath, modules }, root) {
  if (!packagePath || script !== undefined || scriptPath !== undefined) return {};
  const file = path.resolve(root, fileOf("packagePath", packagePath));
  const text = readText(file, "packagePath", packagePath === true);
  if (text === undefined) return { file };
  const main = parseJson(text, file)?.[modules ? "module" : "main"];
  return { file, path: typeof main === "string" && main !== "" ? path.resolve(path.dirname(file), main) : undefined };
}

function parseJson(text, file) {
  try {
    return JSON.parse(text);
  } catch (error) {
    error.message = `${file} is not valid JSON: ${error.message}`;
    throw error;
  }
}

function dotEnv({ envPath, envPathDefaultFallback }, root) {
  const wanted = envPath ?? (envPathDefaultFallback || undefined);
  if (!wanted) return {};
  const file = path.resolve(root, fileOf("envPath", wanted));
  const text = readText(file, "envPath", wanted === true);
  return { file, values: text === undefined ? {} : require("./dotenv.ts").parseEnv(text) };
}

export { completeOptions, FILE_BINDINGS, FILES_READ, LOADS_LATER, OUTER_SCOPE };
