"use strict";
// `miniflare-rs/storage-file` for what does not read `exports` of package.json, as Jest 27 does not.

module.exports = require("./lib/node/storage-file.js");
