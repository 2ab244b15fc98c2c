"use strict";
// The options of each room.

const cache = require("../cache/node/options.js");
const durable = require("../durable/node/options.js");
const fetch = require("../fetch/node/options.js");
const kv = require("../kv/node/options.js");
const mock = require("../mock/node/options.js");

module.exports = [kv, cache, durable, fetch, mock];
