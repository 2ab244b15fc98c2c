"use strict";
// `miniflare-rs/d1` for what does not read `exports` of package.json, as Jest 27 does not.

module.exports = require("./lib/node/d1.js");
