// Ids of Durable Objects crossing the membrane: Node's half of `../object-kinds.ts`.

import { DurableObjectId, partsOf } from "../object-namespace.ts";
import type { Kind } from "../../membrane/kinds.ts";

type IdParts = [binding: string, hex: string, name?: string, jurisdiction?: DurableObjectId["jurisdiction"]];

const objectId: Kind<DurableObjectId, IdParts> = {
  kind: "objectId",
  is: (value) => value instanceof DurableObjectId,
  encode(id) {
    const parts = partsOf(id);
    return parts && [...parts, id.name, id.jurisdiction];
  },
  decode: (parts) => new DurableObjectId(...parts),
};

const kinds: readonly Kind[] = [objectId];

export { kinds };
