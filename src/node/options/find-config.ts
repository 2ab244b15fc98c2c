// Where wrangler looks for the configuration of a project. Most instances of test environments find none, so this is apart
// from what reads one.

import fs from "node:fs";
import path from "node:path";

/** In the order in which wrangler looks for them: each in the folder and all above it, before the next. */
const NAMES = ["wrangler.json", "wrangler.jsonc", "wrangler.toml"] as const;
const REDIRECT = path.join(".wrangler", "deploy", "config.json");

function findConfig(root: string): string | undefined {
  for (const name of NAMES) {
    const found = findUp(name, root);
    if (found !== undefined) return found;
  }
  return undefined;
}

function findUp(name: string, root: string): string | undefined {
  for (let folder = path.resolve(root); ; folder = path.dirname(folder)) {
    const file = path.join(folder, name);
    if (fs.existsSync(file)) return file;
    if (folder === path.dirname(folder)) return undefined;
  }
}

/** What there is to read: a configuration, or a redirect that the build of a framework has left. */
interface ConfigPlace {
  config?: string;
  redirect?: string;
}

/** The file that `wranglerConfigPath` names, or what is in `root` and above it if it is `true`; undefined for nothing. */
function findPlace(wranglerConfigPath: boolean | string | undefined, root: string): ConfigPlace | undefined {
  if (!wranglerConfigPath) return undefined;
  if (wranglerConfigPath !== true) return { config: path.resolve(root, wranglerConfigPath) };
  const [config, redirect] = [findConfig(root), findUp(REDIRECT, root)];
  return config === undefined && redirect === undefined ? undefined : { config, redirect };
}

export { findPlace };
export type { ConfigPlace };
