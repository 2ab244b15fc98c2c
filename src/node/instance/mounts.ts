// Mounts: the options of further workers, by name, and what they take over from the main one.

import { isDeepStrictEqual } from "node:util";
import { MiniflareCoreError } from "../errors.ts";
import { COMMAND_LINE } from "../options/config.ts";
import type { WorkerOptions } from "../options/config.ts";
import { places } from "../options/persist.ts";
import { absolute } from "../options/place.ts";
import { allOf, KEEPING } from "../options/table.ts";
import type { Log, MiniflareOptions, MountOptions } from "../../../index.d.ts";

/** What mounts have as their parent has it, unless they say otherwise. */
function inheritedOptions(parent: WorkerOptions): WorkerOptions {
  const root = parent.rootPath ?? process.cwd();
  const given = KEEPING.filter(([name]) => parent[name] !== undefined);
  const stored = given.map(([name]) => [name, absolute(root, parent[name])]);
  return { ...allOf("inherit", parent), ...Object.fromEntries(stored), [COMMAND_LINE]: parent[COMMAND_LINE] };
}

/** The options of a mount. A path stands for a folder with configuration files of its own. */
function mountOptions(name: string, given: string | MountOptions, inherited: MiniflareOptions): MiniflareOptions {
  if (name === "") throw new MiniflareCoreError("ERR_MOUNT_NO_NAME", "Mount name cannot be empty");
  if (typeof given === "string") {
    const fromFiles = { packagePath: true, envPathDefaultFallback: true, wranglerConfigPath: true };
    return { ...inherited, rootPath: given, ...fromFiles };
  }
  if ("mounts" in given) throw new MiniflareCoreError("ERR_MOUNT_NESTED", "Nested mounts are unsupported");
  return { ...inherited, ...given };
}

/** Storage is shared: a place that a mount has of its own, perhaps from its files, is not used, and its user is told. */
function warnOfPlaces(name: string, mount: MiniflareOptions, main: MiniflareOptions, log: Log): void {
  const [own, shared] = [mount, main].map(places);
  for (const [option, { keeps }] of KEEPING) {
    if (mount[option] === main[option] || isDeepStrictEqual(own[keeps], shared[keeps])) continue;
    log.warn(`Mount "${name}" stores where the main worker does: its option "${option}" has no effect`);
  }
}

export { inheritedOptions, mountOptions, warnOfPlaces };
