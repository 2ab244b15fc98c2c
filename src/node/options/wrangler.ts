// wrangler.toml: the options that a worker's configuration file stands for. The keys are those of wrangler 1 and 2 that
// Miniflare 2 reads; each option's row has its own.

import path from "node:path";
import { MiniflareCoreError } from "../errors.ts";
import { readText } from "../script/files.ts";
import { parseToml } from "../binding/binding.ts";
import { OPTIONS } from "./full-table.ts";
import { fileOf } from "./table.ts";

/**
 * Reads the file that the option `wranglerConfigPath` names, `wrangler.toml` when it is `true`.
 * @returns `{ file, options, vars }`; no `options` when there is no such file and need be none
 */
function readWrangler({ wranglerConfigPath, wranglerConfigEnv }, root, log) {
  if (!wranglerConfigPath) return { options: {}, vars: {} };
  const file = path.resolve(root, fileOf("wranglerConfigPath", wranglerConfigPath));
  const text = readText(file, "wranglerConfigPath", wranglerConfigPath === true);
  if (text === undefined) return { file, options: {}, vars: {} };
  const config = withoutEmpty(inEnvironment(parse(text, file), wranglerConfigEnv, file, log), NAMED) ?? {};
  return { file, options: wranglerOptions(config, path.dirname(file), log), vars: stringVars(config.vars) };
}

function parse(text, file) {
  try {
    return parseToml(text);
  } catch (error) {
    throw new MiniflareCoreError("ERR_INVALID_CONFIG", `${file} is not valid TOML: ${error.message}`);
  }
}

/** The section of an environment over the rest; each of its keys, unless it is empty, replaces the one outside as a whole. */
function inEnvironment(config, name, file, log) {
  if (name === undefined) return config;
  const section = config.env?.[name];
  if (section === undefined) log.warn(`${file} has no environment "${name}" (option "wranglerConfigEnv")`);
  const given = Object.entries(section ?? {}).filter(([, value]) => value !== "");
  return { ...config, ...Object.fromEntries(given) };
}

/** Tables whose keys are names of the user's own, and by section: an empty text is a value there. */
const NAMED = {
  vars: true,
  wasm_modules: true,
  text_blobs: true,
  data_blobs: true,
  miniflare: { globals: true, mounts: true },
};

/** Keys that say nothing are as if they were absent: templates leave texts empty for the user to fill, tables and lists too. */
function withoutEmpty(value, named = {}) {
  if (value === "") return undefined;
  if (Array.isArray(value)) return list(value.flatMap((item) => withoutEmpty(item) ?? []));
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).map(([key, item]) => {
    return [key, named[key] === true ? item : withoutEmpty(item, named[key])];
  });
  return table(entries.filter(([, item]) => item !== undefined));
}

const list = (items) => (items.length === 0 ? undefined : items);
const table = (entries) => (entries.length === 0 ? undefined : Object.fromEntries(entries));

const stringVars = (vars = {}) =>
  Object.fromEntries(Object.entries(vars).map(([name, value]) => [name, String(value)]));

/** What the rows of options read from the file, by the options' names. */
function wranglerOptions(config, folder, log) {
  if (config.build === undefined && (config.type === "webpack" || config.type === "rust")) {
    log.warn(`wrangler.toml: type = "${config.type}" builds nothing here; name the build in [build]`);
  }
  const read = ({ wrangler }) =>
    typeof wrangler === "string" ? at(config, wrangler) : wrangler(config, { folder, log });
  const rows = Object.entries(OPTIONS).filter(([, { wrangler }]) => wrangler !== undefined);
  return Object.fromEntries(rows.map(([name, row]) => [name, read(row)]).filter(([, value]) => value !== undefined));
}

/** The value at a path of keys, "miniflare.cache". */
const at = (config, keys) => keys.split(".").reduce((section, key) => section?.[key], config);

export { readWrangler };
