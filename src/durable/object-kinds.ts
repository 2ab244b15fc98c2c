// Ids of Durable Objects crossing the membrane. `node/node-object-kinds.ts` is Node's half.

import { load, stub } from "ext:miniflare/realm/lazy.ts";
import type { DurableObjectId } from "./object-namespace.ts";

type IdParts = [binding: string, hex: string, name?: string, jurisdiction?: DurableObjectId["jurisdiction"]];

declare module "../upstream.d.ts" {
  interface LazyScripts {
    "ext:miniflare/durable/object-namespace.ts": typeof import("./object-namespace.ts");
  }
}

/** The script with the classes of ids, stubs and namespaces. */
export const CLASSES = "ext:miniflare/durable/object-namespace.ts";

const objects = stub(CLASSES, [], ["DurableObjectId"]);

export const kinds = [
  {
    kind: "objectId",
    is: (value: object) => value instanceof objects.DurableObjectId,
    encode: (id: DurableObjectId) => [...(objects.partsOf(id) as [string, string]), id.name, id.jurisdiction],
    decode: (parts: IdParts) => new (load(CLASSES).DurableObjectId)(...parts),
  },
];
