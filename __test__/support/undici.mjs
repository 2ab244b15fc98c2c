// The versions of undici that a suite may bring along. The newest needs Node 22, and is fetched where it runs.

import { createRequire } from "node:module";
import path from "node:path";
import { fetchRunner } from "../../scripts/runners.mjs";

const require = createRequire(import.meta.url);
const [major, minor] = process.versions.node.split(".").map(Number);

function fetched() {
  const modules = fetchRunner({ name: "undici", version: "8.12.2", packages: ["undici@8.12.2"] });
  return require(path.join(modules, "undici"));
}

/** `[name, module]` of each, from the oldest to the newest. */
export const undicis = [
  ["undici 5", createRequire(require.resolve("miniflare"))("undici")],
  ["undici 6", require("undici-6")],
  ["undici 7", require("undici-7")],
  ...(major > 22 || (major === 22 && minor >= 19) ? [["undici 8", fetched()]] : []),
];
