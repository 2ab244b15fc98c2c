"use strict";
// `miniflare-rs/html-rewriter` for what does not read `exports` of package.json, as Jest 27 does not.

module.exports = require("./lib/node/html-rewriter.js");
