// What a worker has of its site: the folder, its manifest, and the globs that say which files there are.

import path from "node:path";
import picomatch from "picomatch";
import { binding } from "../../node/binding/binding.ts";
import type { MiniflareOptions } from "../../../index.d.ts";
import type { Glob, Globs, Site } from "../site-namespace.ts";

/** By which caches know the files of a site. */
const PREFIX = "$__MINIFLARE_SITES__$/";
/** A glob matches any part of a path. */
const MATCHING = { dot: true, bash: true, contains: true };

/** The site of a worker with these options. The folder need not exist: then no file is in it. */
function siteOf({ rootPath, siteInclude, siteExclude }: MiniflareOptions, sitePath: string): Site {
  const root = path.resolve(rootPath ?? process.cwd(), sitePath);
  const isIncluded = matcherOf(siteInclude, true);
  const isExcluded = matcherOf(siteExclude, false);
  const files = binding.siteFiles(root).filter((file) => isIncluded(file) && !isExcluded(file));
  const keys = files.map((file) => [file, PREFIX + encodeURIComponent(file)]);
  const manifest = JSON.stringify(Object.fromEntries(keys));
  return { root, manifest, include: globsOf(siteInclude), exclude: globsOf(siteExclude) };
}

/** @param otherwise what the matcher answers without globs */
function matcherOf(globs: string[] | undefined, otherwise: boolean): (path: string) => boolean {
  if (globs === undefined) return () => otherwise;
  const { wanted, ignored } = split(globs);
  return picomatch(wanted, { ...MATCHING, ignore: ignored });
}

function split(globs: string[]): { wanted: string[]; ignored: string[] } {
  const ignored = globs.filter((glob) => glob.startsWith("!")).map((glob) => glob.slice(1));
  return { wanted: globs.filter((glob) => !glob.startsWith("!")), ignored };
}

function globsOf(globs: string[] | undefined): Globs | null {
  if (globs === undefined) return null;
  const { wanted, ignored } = split(globs);
  // As picomatch does it: where nothing is wanted, it looks at nothing that is ignored.
  return { wanted: wanted.map(compiled), ignored: wanted.length === 0 ? [] : ignored.map(compiled) };
}

function compiled(glob: string): Glob {
  const { source, flags } = picomatch.makeRe(glob, MATCHING);
  return [glob, source, flags];
}

export { siteOf };
