// The whole table of options, including those of missing features.

import missing from "./missing-options.ts";
import * as table from "./table.ts";

const GROUPS = [...table.GROUPS, ...missing];

/** All rows by name. */
const OPTIONS = Object.assign({}, ...GROUPS.map(({ options }) => options));

export { GROUPS, missing, OPTIONS };
