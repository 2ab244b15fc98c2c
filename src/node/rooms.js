"use strict";
// The rooms, as Node knows them. Each has what it needs of `{ methods, kinds }`:
//   `methods` of `Miniflare`, by their names; they get what they may ask of the instance (`Inside` in `instance/inside.js`)
//   before the arguments that they are called with;
//   `kinds` of objects that cross the membrane: rows of `membrane/kinds.js`.

const cache = require("../cache/node/cache-room.js");
const durable = require("../durable/node/durable-room.js");
const kv = require("../kv/node/kv-room.js");
const web = require("../web/node/web-room.js");

const rooms = [web, cache, durable, kv];

module.exports = { rooms };
