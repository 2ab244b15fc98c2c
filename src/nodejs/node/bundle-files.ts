// The files that a worker's `/bundle` has: its script, and what this imports.

import fs from "node:fs";
import path from "node:path";
import type { MiniflareOptions } from "../../../index.d.ts";

/** The name of a script that is not a file. */
const MAIN = "worker.js";

/** `[name, bytes]` of each, with slashes between the parts of a name. Files outside of the script's folder are left out. */
export function bundleFiles(options: MiniflareOptions, root: string, imported: string[]): [string, Uint8Array][] {
  const { script, scriptPath } = options as { script?: unknown; scriptPath?: unknown };
  const main = typeof scriptPath === "string" ? path.resolve(root, scriptPath) : path.resolve(root, MAIN);
  const folder = path.dirname(main);
  const contents = new Map<string, Uint8Array>();
  if (typeof script === "string") contents.set(path.basename(main), Buffer.from(script));
  for (const file of [main, ...imported]) {
    const name = path.relative(folder, file);
    if (name.startsWith("..") || path.isAbsolute(name) || contents.has(name)) continue;
    const bytes = read(file);
    if (bytes !== undefined) contents.set(name.split(path.sep).join("/"), bytes);
  }
  return [...contents];
}

/** Undefined for a file that is not there (any more). */
function read(file: string): Uint8Array | undefined {
  try {
    return fs.readFileSync(file);
  } catch {
    return undefined;
  }
}
