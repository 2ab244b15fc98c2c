"use strict";
// Finds and loads the addon: the platform package beside this one, or the repository's own build.

const fs = require("node:fs");
const path = require("node:path");
const { InstanceError } = require("../errors.js");

const BINARY = "miniflare-rs";
/** The package's folder, seen from the bundle in `lib/node` or from this file among the sources. */
const ROOT = path.join(__dirname, path.basename(__dirname) === "node" ? "../.." : "../../..");

function target() {
  const base = `${process.platform}-${process.arch}`;
  if (process.platform !== "linux") return base;
  return `${base}-${process.report.getReport().header.glibcVersionRuntime ? "gnu" : "musl"}`;
}

/** The common case without the costly report: glibc's own loader is there. */
function quickTarget() {
  const gnu = process.platform === "linux" && process.arch === "x64" && process.config.variables.host_arch === "x64";
  return gnu ? "linux-x64-gnu" : target();
}

function load() {
  const name = quickTarget();
  const file = `${BINARY}.${name}.node`;
  const attempts = [];
  for (const find of [ownFolder, packageFolder]) {
    const folder = find(name);
    if (folder === undefined) continue;
    try {
      return { binding: require(path.join(folder, file)), snapshot: path.join(folder, "snapshot.bin") };
    } catch (error) {
      attempts.push(error);
    }
  }
  throw new InstanceError(
    "ERR_LOAD",
    `The addon for ${name} cannot be loaded. Install the package ${BINARY}-${name} (npm does so unless optional ` +
      `dependencies are omitted), or run \`npm run build\` in a clone.`,
    attempts.find((error) => error.code !== "MODULE_NOT_FOUND") ?? attempts[0],
  );
}

function ownFolder(name) {
  const folder = path.join(ROOT, "npm", name);
  return fs.existsSync(folder) ? folder : undefined;
}

function packageFolder(name) {
  try {
    return path.dirname(require.resolve(`${BINARY}-${name}/package.json`));
  } catch {
    return undefined;
  }
}

const loaded = load();
// V8 starts on another thread while the rest of the package loads.
loaded.binding.start();

module.exports = loaded;
