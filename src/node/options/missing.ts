// Warnings for options whose feature is missing, and the bindings that stand in for theirs.

import { missing } from "./full-table.ts";

/** For the options that are given: `[binding, methods, text]` per binding, and a warning per option. */
function missingOptions(options) {
  const bindings = [];
  const warnings = [];
  for (const { missing: feature, options: rows } of missing) {
    for (const [option, { standIns }] of Object.entries(rows)) {
      const given = options[option];
      if (standIns === undefined || given === undefined || given.length === 0) continue;
      const text = `miniflare-rs has no ${feature}: the option "${option}" has no effect`;
      warnings.push(`${text}.`);
      for (const name of standIns.names(given)) bindings.push([name, standIns.methods, text]);
    }
  }
  return { bindings, warnings };
}

export { missingOptions };
