// Keys of a configuration file that have no effect: unknown ones, and those of features that are missing.

import { nearest } from "./nearest.ts";
import { KEYS } from "./wrangler-environments.ts";
import type { Log } from "../../../index.d.ts";
import type { WranglerConfig } from "./wrangler.ts";

/** Keys of what is missing here, with its name. Others that bind it are read by rooms, and the bindings throw in use. */
const MISSING: Readonly<Record<string, string>> = {
  containers: "Containers",
  streaming_tail_consumers: "Streaming tails",
};

/** Warns of each key of the file, and of its environments, that nothing here reads. */
function warnOfKeys(config: WranglerConfig, file: string, log: Log): void {
  const sections = Object.entries(config.env ?? {}).map(([name, section]): [string, WranglerConfig] => [
    `env.${name}.`,
    section,
  ]);
  for (const [prefix, section] of [["", config] as [string, WranglerConfig], ...sections]) {
    for (const key of Object.keys(section)) {
      const text = warning(key, prefix);
      if (text !== undefined) log.warn(`${file}: ${text}`);
    }
  }
}

function warning(key: string, prefix: string): string | undefined {
  if (Object.hasOwn(MISSING, key)) {
    return `"${prefix}${key}" has no effect: ${MISSING[key]} is not implemented. Pass what the worker needs in the option "bindings".`;
  }
  if (KEYS.includes(key)) return undefined;
  const near = nearest(key, KEYS);
  return `Unknown key "${prefix}${key}".${near === undefined ? "" : ` Did you mean "${near}"?`}`;
}

export { warnOfKeys };
