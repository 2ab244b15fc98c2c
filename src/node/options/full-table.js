"use strict";
// The whole table of options, including those of missing features.

const http = require("./http-options.js");
const missing = require("./missing-options.js");
const table = require("./table.js");

const GROUPS = [...table.GROUPS, http, ...missing];

/** All rows by name. */
const OPTIONS = Object.assign({}, ...GROUPS.map(({ options }) => options));

module.exports = { GROUPS, missing, OPTIONS };
