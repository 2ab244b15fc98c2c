"use strict";
// What is told of options whose feature is not here, and bindings that stand in for those they name.

const { missing } = require("./full-table.js");

/** Those that are given: `[binding, methods, text]` of each binding to stand in for, and a text to warn with per option. */
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

module.exports = { missingOptions };
