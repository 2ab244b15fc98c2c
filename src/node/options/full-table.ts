// The whole table of options, including those of missing features.

import missing from "./missing-options.ts";
import * as table from "./table.ts";
import type { OptionGroup, OptionRow } from "./table.ts";

const GROUPS: readonly OptionGroup[] = [...table.GROUPS, ...missing];

/** All rows by name. */
const OPTIONS: Readonly<Record<string, OptionRow>> = Object.assign({}, ...GROUPS.map(({ options }) => options));

export { GROUPS, missing, OPTIONS };
