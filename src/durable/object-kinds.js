// Ids of Durable Objects crossing the membrane. `node/node-object-kinds.js` is Node's half.

import { DURABLE, load, understudyOf } from "ext:miniflare/realm/lazy.js";

const objects = understudyOf(DURABLE);

export const kinds = [
  {
    kind: "objectId",
    is: (value) => value instanceof objects.DurableObjectId,
    encode: (id) => [...objects.partsOf(id), id.name],
    decode: (parts) => new (load(DURABLE).DurableObjectId)(...parts),
  },
];
