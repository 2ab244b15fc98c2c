// Ids of Durable Objects crossing the membrane: Node's half of `../object-kinds.js`.

import { DurableObjectId, partsOf } from "../object-namespace.js";

const kinds = [
  {
    kind: "objectId",
    is: (value) => value instanceof DurableObjectId,
    encode(id) {
      const parts = partsOf(id);
      return parts && [...parts, id.name];
    },
    decode: (parts) => new DurableObjectId(...parts),
  },
];

export { kinds };
