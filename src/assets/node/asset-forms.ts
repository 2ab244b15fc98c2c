// Which file a path stands for. A page has one canonical path, which depends on the mode ("html_handling" of wrangler); its
// other forms redirect to it.

import type { AssetsOptions } from "../../../index.d.ts";

export type HtmlHandling = NonNullable<AssetsOptions["htmlHandling"]>;

/** A file that is served, or the path that the client has to ask for instead. Both are decoded. */
export type Form = { file: string } | { redirect: string };

/** Whether there is a file at a decoded path. */
export type Exists = (path: string) => boolean;

const INDEX = "/index.html";
const PAGE = ".html";

/** A file of a page, and its canonical path. */
interface Page {
  file: string;
  canonical: string;
}

/** The pages that the name of a folder and the name of a file stand for, in each mode. */
const PAGES: Record<Exclude<HtmlHandling, "none">, { index(name: string): string; page(name: string): string }> = {
  "auto-trailing-slash": { index: (name) => `${name}/`, page: (name) => name },
  "force-trailing-slash": { index: (name) => `${name}/`, page: (name) => `${name}/` },
  "drop-trailing-slash": { index: (name) => (name === "" ? "/" : name), page: (name) => name },
};

/** What a decoded path stands for; undefined if no file is meant. */
export function formOf(path: string, mode: HtmlHandling, exists: Exists): Form | undefined {
  if (mode === "none" || (exists(path) && !path.endsWith(PAGE))) return exists(path) ? { file: path } : undefined;
  for (const { file, canonical } of pagesMeant(path, mode)) {
    if (!exists(file)) continue;
    if (filesAt(canonical).find(exists) === file) return canonical === path ? { file } : { redirect: canonical };
    // A page whose canonical path is that of another file is served by its full name only.
    if (file === path) return { file };
  }
  return undefined;
}

/** The files that a canonical path may stand for, the one that wins first. */
function filesAt(path: string): string[] {
  if (!path.endsWith("/")) return [path, `${path}${PAGE}`, `${path}${INDEX}`];
  const name = path.slice(0, -1);
  return [`${name}${INDEX}`, `${name}${PAGE}`];
}

/** The pages that a path may mean, as their canonical path or in another form. */
function pagesMeant(path: string, mode: Exclude<HtmlHandling, "none">): Page[] {
  const index = (name: string) => ({ file: `${name}${INDEX}`, canonical: PAGES[mode].index(name) });
  const page = (name: string) => ({ file: `${name}${PAGE}`, canonical: PAGES[mode].page(name) });
  const without = (end: string) => path.slice(0, -end.length);
  if (path.endsWith("/")) return [index(without("/")), page(without("/"))];
  const named = [page(path), index(path)];
  for (const end of [INDEX, "/index"])
    if (path.endsWith(end)) return [index(without(end)), page(without(end)), ...named];
  return path.endsWith(PAGE) ? [page(without(PAGE)), index(without(PAGE)), ...named] : named;
}
