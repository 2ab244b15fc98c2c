"use strict";
// `miniflare-rs/web-sockets` for what does not read `exports` of package.json, as Jest 27 does not.

module.exports = require("./lib/node/web-sockets.js");
