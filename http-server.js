"use strict";
// `miniflare-rs/http-server` for what does not read `exports` of package.json, as Jest 27 does not.

module.exports = require("./lib/node/http-server.js");
