// The configuration file of a project: where wrangler looks for it, and what is written in it.
// https://developers.cloudflare.com/workers/wrangler/configuration/

import fs from "node:fs";
import path from "node:path";
import { parseToml } from "../binding/binding.ts";
import { MiniflareCoreError } from "../errors.ts";
import { readText } from "../script/files.ts";
import { findConfig, findUp, REDIRECT } from "./find-config.ts";
import type { WranglerConfig } from "./wrangler.ts";

/** A file that was read; without `config`, one that may come to be. */
interface ConfigFile {
  file: string;
  config?: WranglerConfig;
}

/**
 * Reads the file that `wranglerConfigPath` names, or the one that wrangler finds if it is `true`.
 * @throws MiniflareCoreError `ERR_INVALID_CONFIG` if the file's syntax is invalid, or a redirect leads nowhere
 */
function readConfigFile(wranglerConfigPath: string | true, root: string): ConfigFile {
  if (wranglerConfigPath !== true) {
    const file = path.resolve(root, wranglerConfigPath);
    return { file, config: parseConfig(readText(file, "wranglerConfigPath", false) as string, file) };
  }
  const file = redirected(findConfig(root), root) ?? path.resolve(root, "wrangler.toml");
  const text = readText(file, "wranglerConfigPath", true);
  return { file, config: text === undefined ? undefined : parseConfig(text, file) };
}

/** The file that a framework has generated, if its build has left a redirect beside the project's own. */
function redirected(found: string | undefined, root: string): string | undefined {
  const redirect = findUp(REDIRECT, root);
  if (redirect === undefined) return found;
  const folder = path.resolve(path.dirname(redirect), "..", "..");
  if (found !== undefined && path.dirname(found) !== folder) {
    throw invalid(`${redirect} redirects the configuration of ${folder}, but ${found} is in use. Delete one of them.`);
  }
  const { configPath } = jsonReader().parseJson(fs.readFileSync(redirect, "utf8"), redirect);
  if (typeof configPath !== "string") throw invalid(`${redirect} must have "configPath", the path of a file`);
  const target = path.resolve(path.dirname(redirect), configPath);
  if (fs.existsSync(target)) return target;
  throw invalid(`${redirect} redirects to ${target}, which does not exist. Build the project again.`);
}

function parseConfig(text: string, file: string): WranglerConfig {
  return file.endsWith(".toml") ? parseTomlFile(text, file) : jsonReader().parseJson(text, file);
}

function parseTomlFile(text: string, file: string): WranglerConfig {
  try {
    return parseToml(text) as WranglerConfig;
  } catch (error) {
    throw invalid(`${file} is not valid TOML: ${(error as Error).message}`);
  }
}

const jsonReader = () => require("./jsonc.ts") as typeof import("./jsonc.ts");
const invalid = (text: string) => new MiniflareCoreError("ERR_INVALID_CONFIG", text);

/** Whether the file is one for wrangler 1, in whose environments everything is inherited. */
const isForWrangler1 = (config: WranglerConfig, file: string): boolean =>
  file.endsWith(".toml") &&
  (config.type !== undefined ||
    config.build?.upload !== undefined ||
    (config.main === undefined && config.compatibility_date === undefined));

export { isForWrangler1, readConfigFile };
export type { ConfigFile };
