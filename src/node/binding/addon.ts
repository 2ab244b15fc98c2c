// Finds and loads the addon: the platform package beside this one, or the repository's own build.

import fs from "node:fs";
import path from "node:path";
import { InstanceError } from "../errors.ts";
import { exactTarget, target } from "./target.ts";

/** What the addon exports. */
export type Binding = typeof import("./exports.d.ts");

const BINARY = "miniflare-rs";
/** The package's folder, seen from the bundle in `lib/node` or from this file among the sources. */
const ROOT = path.join(__dirname, path.basename(__dirname) === "node" ? "../.." : "../../..");

/** A file of the addon that is there and could not be loaded. */
export interface FailedAttempt {
  file: string;
  error: unknown;
}

/** The addon, its file, and that of its start-up snapshot. */
interface Loaded {
  binding: Binding;
  addonFile: string;
  snapshot: string;
}

function load(): Loaded {
  const attempts: FailedAttempt[] = [];
  const likely = target();
  const found = loadFor(likely, attempts);
  if (found !== undefined) return found;
  const name = exactTarget();
  const other = name === likely ? undefined : loadFor(name, attempts);
  if (other !== undefined) return other;
  const { loadFailure } = require("./load-failure.ts") as typeof import("./load-failure.ts");
  const { text, cause } = loadFailure(name, builds(), attempts);
  throw new InstanceError("ERR_LOAD", text, cause);
}

function loadFor(name: string, attempts: FailedAttempt[]): Loaded | undefined {
  for (const find of [ownFolder, packageFolder]) {
    const folder = find(name);
    if (folder === undefined) continue;
    const file = path.join(folder, `${BINARY}.${name}.node`);
    try {
      return { binding: require(file), addonFile: file, snapshot: path.join(folder, "snapshot.bin") };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "MODULE_NOT_FOUND") attempts.push({ file, error });
    }
  }
  return undefined;
}

/** The platforms that there are packages for: those that an installed package names, or that a clone has folders of. */
function builds(): string[] {
  const { optionalDependencies = {} }: { optionalDependencies?: Record<string, string> } = require(
    path.join(ROOT, "package.json"),
  );
  const folder = path.join(ROOT, "npm");
  const own = fs.existsSync(folder) ? fs.readdirSync(folder) : [];
  const named = Object.keys(optionalDependencies).map((name) => name.slice(BINARY.length + 1));
  return [...named, ...own].filter((name) => /^(linux|darwin|win32)-/.test(name));
}

function ownFolder(name: string): string | undefined {
  const folder = path.join(ROOT, "npm", name);
  return fs.existsSync(folder) ? folder : undefined;
}

function packageFolder(name: string): string | undefined {
  try {
    return path.dirname(require.resolve(`${BINARY}-${name}/package.json`));
  } catch {
    return undefined;
  }
}

export const { binding, addonFile, snapshot } = load();
// V8 starts on another thread while the rest of the package loads.
binding.start();
