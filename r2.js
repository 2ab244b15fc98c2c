"use strict";
// `miniflare-rs/r2` for what does not read `exports` of package.json, as Jest 27 does not.

module.exports = require("./lib/node/r2.js");
