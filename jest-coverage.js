"use strict";
// `miniflare-rs/jest-coverage` for Jest 27, which does not read `exports` of package.json.

module.exports = require("./lib/node/jest-coverage.js");
