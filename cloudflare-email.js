"use strict";
// `miniflare-rs/cloudflare-email` for what does not read `exports` of package.json, as Jest 27 does not.

module.exports = require("./lib/node/cloudflare-email.js");
