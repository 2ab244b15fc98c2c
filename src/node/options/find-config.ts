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

/** The file that may come to be, if there is neither a configuration nor a redirect for this folder; undefined if there is. */
function missingConfig(root: string): string | undefined {
  const isThere = findConfig(root) !== undefined || findUp(REDIRECT, root) !== undefined;
  return isThere ? undefined : path.resolve(root, "wrangler.toml");
}

export { findConfig, findUp, missingConfig, REDIRECT };
