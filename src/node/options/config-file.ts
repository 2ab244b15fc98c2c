// What is written in the configuration file of a project.
// https://developers.cloudflare.com/workers/wrangler/configuration/

import fs from "node:fs";
import path from "node:path";
import { parseToml } from "../binding/binding.ts";
import { MiniflareCoreError } from "../errors.ts";
import { readText } from "../script/files.ts";
import type { ConfigPlace } from "./find-config.ts";
import type { WranglerConfig } from "./wrangler.ts";

/**
 * Reads a configuration, or the one that a redirect leads to.
 * @throws MiniflareCoreError `ERR_INVALID_CONFIG` if the file's syntax is invalid, or a redirect leads nowhere
 */
function readConfigFile(place: ConfigPlace): { file: string; config: WranglerConfig } {
  const file = place.redirect === undefined ? (place.config as string) : redirected(place.redirect, place.config);
  return { file, config: parseConfig(readText(file, "wranglerConfigPath", false) as string, file) };
}

/** The file that a framework has generated, if its build has left a redirect beside the project's own. */
function redirected(redirect: string, found: string | undefined): string {
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
