// Ids of Durable Objects crossing the membrane. `node/node-object-kinds.ts` is Node's half.

import { load, stub } from "ext:miniflare/realm/lazy.ts";

/** The script with the classes of ids, stubs and namespaces. */
export const CLASSES = "ext:miniflare/durable/object-namespace.js";

const objects = stub(CLASSES, [], ["DurableObjectId"]);

export const kinds = [
  {
    kind: "objectId",
    is: (value) => value instanceof objects.DurableObjectId,
    encode: (id) => [...objects.partsOf(id), id.name],
    decode: (parts) => new (load(CLASSES).DurableObjectId)(...parts),
  },
];
