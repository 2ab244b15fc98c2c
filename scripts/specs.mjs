// The spec files and their tags. The first line of a spec file may name tags: `// Tags: oracle, every-node`.
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { root } from "./steps.mjs";

/** By name: what a tag says of the specs in a file. */
export const TAGS = {
  oracle: "describe what Miniflare 2 does as well, and can be run on it; a test that cannot has `differs`",
  "every-node": "run on every supported version of Node: what workers do, and the package's own classes in Node",
};

/** All spec files, relative to the repository. */
export function findSpecs() {
  return readdirSync(path.join(root, "__test__"), { recursive: true })
    .filter((file) => file.endsWith(".spec.mjs"))
    .map((file) => path.join("__test__", file))
    .sort();
}

/** The tags of a spec file. */
export function tagsOf(file) {
  const [, names] = /^\/\/ Tags: (.*)/.exec(readFileSync(path.join(root, file), "utf8")) ?? [];
  return names?.split(", ") ?? [];
}
