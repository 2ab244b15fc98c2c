"use strict";
// `miniflare-rs/shared`: what the packages of Miniflare 2 had in common.

const { MiniflareError } = require("../errors.js");
const { Log, LogLevel, NoOpLog } = require("../log/log.js");

module.exports = { Log, LogLevel, MiniflareError, NoOpLog };
