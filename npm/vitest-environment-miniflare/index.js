"use strict";
// Vitest looks for the environment "miniflare" in a package of this name. All of it is in miniflare-rs.

module.exports = require("miniflare-rs/vitest");
