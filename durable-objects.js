"use strict";
// `miniflare-rs/durable-objects` for what does not read `exports` of package.json, as Jest 27 does not.

module.exports = require("./lib/node/durable-objects.js");
