"use strict";
// What the room of the Web APIs adds to an instance in Node.

const { kinds } = require("./node-web-kinds.js");

module.exports = { kinds };
