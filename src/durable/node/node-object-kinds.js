"use strict";
// Ids of Durable Objects crossing the membrane: Node's half of `../object-kinds.js`.

const { DurableObjectId, partsOf } = require("../object-namespace.js");

const kinds = [
  {
    kind: "objectId",
    is: (value) => partsOf(value) !== undefined,
    encode: (id) => [...partsOf(id), id.name],
    decode: (parts) => new DurableObjectId(...parts),
  },
];

module.exports = { kinds };
