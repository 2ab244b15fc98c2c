// Patterns of files that are not assets, in the syntax of `.gitignore`. Loaded when there are such patterns.

import ignore from "ignore";

/** @returns whether a path, "/a/b.html", is that of a file to leave out */
export function ignoring(text: string): (name: string) => boolean {
  const patterns = ignore().add(text);
  return (name) => patterns.ignores(name.slice(1));
}
