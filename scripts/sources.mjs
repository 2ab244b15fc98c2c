// Where the project's JavaScript is, and where its bundle for Node goes.
import { readdirSync } from "node:fs";
import path from "node:path";
import { root } from "./steps.mjs";

/** The folder of the sources. */
export const source = path.join(root, "src");

/** The folder of Node's half, bundled: as deep in the package as the sources are, which find the addon from where they are. */
export const nodeBundle = path.join(root, "lib/node");

/** The files of JavaScript among the sources, in order. */
export function scripts() {
  return readdirSync(source, { recursive: true })
    .filter((file) => /(?<!\.d)\.[jt]s$/.test(file))
    .sort()
    .map((file) => path.join(source, file));
}
