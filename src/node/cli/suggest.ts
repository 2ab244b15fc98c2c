// Which flag was meant by one that does not exist.

import type { Flag } from "./flags.ts";

/** The end of an error message about an unknown flag; empty if no flag resembles it. */
export function didYouMean(written: string, flags: Flag[]): string {
  const { nearest } = require("../options/nearest.ts") as typeof import("../options/nearest.ts");
  const glued = gluedValue(written, flags);
  if (glued !== undefined) return ` (in "${written}"). Did you mean "${glued}"?`;
  const [, negation, name] = /^-+(no-)?([^=]*)/.exec(written) as RegExpExecArray;
  const meant =
    ofOption(name, flags) ??
    nearest(
      kebab(name),
      flags.flatMap((flag) => flag.name || []),
    );
  return meant === undefined || name === "" ? "" : `. Did you mean --${negation ?? ""}${meant}?`;
}

/** `-p3000`, as other commands have it. */
function gluedValue(written: string, flags: Flag[]): string | undefined {
  const [, alias, value] = /^-([^-])([^=]+)$/.exec(written) ?? [];
  const flag = flags.find((one) => alias !== undefined && one.alias === alias);
  return flag === undefined || flag.takes === "boolean" ? undefined : `-${alias} ${value}`;
}

/** The flag of an option that was written as the API has it. */
const ofOption = (name: string, flags: Flag[]) => flags.find((flag) => flag.option === name && flag.name !== "")?.name;

const kebab = (name: string) => name.replace(/[A-Z]+/g, (letters) => `-${letters.toLowerCase()}`);
