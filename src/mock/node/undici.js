"use strict";
// `request` and `stream` of undici, in the version that Miniflare 2 has: they know a dispatcher by its `dispatch` alone.

const request = require("undici/lib/api/api-request.js");
const stream = require("undici/lib/api/api-stream.js");

module.exports = { request, stream };
