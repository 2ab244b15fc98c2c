// The flags of the command line: the rows of the table of options that have one, in the order of Miniflare 2's help.

import { GROUPS } from "../options/table.ts";
import { PLUGINS } from "../options/plugins.ts";
import type { MiniflareOptions } from "../../../index.d.ts";
import type { Check } from "../options/check.ts";
import type { OptionGroup, OptionRow } from "../options/table.ts";

/** A flag and the option that it sets. */
export interface Flag {
  option: string;
  /** Without dashes; that of the script is empty, as it is an argument without a flag. */
  name: string;
  alias: string | undefined;
  /** Whether the help shows that it can be negated. */
  negatable: boolean;
  /** "boolean", "number", "string", "boolean/string", "array", or one of these and a format, "array:KEY=VALUE". */
  takes: string;
  help: string;
  check: Check | undefined;
  implies: MiniflareOptions;
}

/** A section of the help. */
export interface Section {
  title: string;
  flags: Flag[];
}

/** All flags, by the sections of the help. */
export function sections(): Section[] {
  const named = [...PLUGINS, ...new Set(GROUPS.flatMap(({ section }) => section ?? []))];
  return named.map((name) => ({ title: titleOf(name), flags: GROUPS.filter(isOf(name)).flatMap(flagsOf) }));
}

const isOf = (name: string) => (group: OptionGroup) => (group.section ?? group.plugin) === name;

const flagsOf = ({ options }: OptionGroup): Flag[] =>
  Object.entries(options).flatMap(([option, row]) => (row.flag === undefined ? [] : [flagOf(option, row.flag, row)]));

function flagOf(
  option: string,
  written: string,
  { help = "", check, takes = check?.takes, implies = {} }: OptionRow,
): Flag {
  const [long, short] = written.split(", ").reverse();
  const name = /^--(?:\(no-\))?(.+)/.exec(long)?.[1] ?? "";
  const negatable = long.startsWith("--(no-)");
  return { option, name, alias: short?.slice(1), negatable, takes: takes ?? "string", help, check, implies };
}

/** "DurableObjectsPlugin" is "Durable Objects Options". */
function titleOf(name: string): string {
  const words = name.replace(/Plugin$/, "").replace(/([a-z])([A-Z])/g, "$1 $2");
  return `${words} Options`;
}
