"use strict";
// Mounts: the options of further workers, by name, and what they take over from the main one.

const path = require("node:path");
const { isDeepStrictEqual } = require("node:util");
const { MiniflareCoreError } = require("../errors.js");
const { PERSIST, places, URL_LIKE } = require("../options/persist.js");

/** What mounts have as their parent has it, unless they say otherwise. */
function inheritedOptions(parent) {
  const root = parent.rootPath ?? process.cwd();
  const inherited = parent.watch === true ? { watch: true } : {};
  for (const name of PERSIST) {
    if (parent[name] !== undefined) inherited[name] = absolute(root, parent[name]);
  }
  // None is taken over as well: the mock of before would stay.
  inherited.fetchMock = parent.fetchMock;
  return inherited;
}

/** A place to store data; a relative path is of the worker that names it. */
function absolute(root, persist) {
  const isPath = typeof persist === "string" && !URL_LIKE.test(persist);
  return isPath ? path.resolve(root, persist) : persist;
}

/** The options of a mount. A path stands for a folder with configuration files of its own. */
function mountOptions(name, given, inherited) {
  if (name === "") throw new MiniflareCoreError("ERR_MOUNT_NO_NAME", "Mount name cannot be empty");
  if (typeof given === "string") {
    const fromFiles = { packagePath: true, envPathDefaultFallback: true, wranglerConfigPath: true };
    return { ...inherited, rootPath: given, ...fromFiles };
  }
  if ("mounts" in given) throw new MiniflareCoreError("ERR_MOUNT_NESTED", "Nested mounts are unsupported");
  return { ...inherited, ...given };
}

/** Storage is shared: a place that a mount has of its own, perhaps from its files, is not used, and its user is told. */
function warnOfPlaces(name, mount, main, log) {
  const [own, shared] = [mount, main].map(places);
  for (const [index, option] of PERSIST.entries()) {
    if (mount[option] === main[option] || isDeepStrictEqual(own[index], shared[index])) continue;
    log.warn(`Mount "${name}" stores where the main worker does: its option "${option}" has no effect`);
  }
}

module.exports = { inheritedOptions, mountOptions, warnOfPlaces };
