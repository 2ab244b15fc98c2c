// The worker that an object lives in, as methods of an instance reach it.

import { home, objectNames } from "./homes.ts";
import { idParts, likelyParts } from "./node-objects.ts";
import type * as contract from "../../../index.d.ts";
import type { Inside } from "../../node/instance/inside.ts";
import type { Worker } from "../../node/instance/instance-worker.ts";
import type { Control, IdParts, ObjectParts } from "../../worker/contract.ts";

/** An object, by its stub or by its id. */
type ObjectOrId = contract.DurableObjectStub | contract.DurableObjectId;

/** The id of an object. Stubs may be a worker's. */
const idOf = (object: ObjectOrId): contract.DurableObjectId =>
  typeof (object as Partial<contract.DurableObjectStub> | undefined)?.fetch === "function"
    ? (object as contract.DurableObjectStub).id
    : (object as contract.DurableObjectId);

/** The worker that the objects of a binding live in. */
const homeIn = ({ group, worker }: Inside, [binding]: ObjectParts | [binding: string]): Worker =>
  home(group, worker, [binding]);

/** What the worker that an object lives in can be asked. */
async function controlOf(inside: Inside, [binding]: ObjectParts | [binding: string]): Promise<Control> {
  await inside.worker.lane();
  return (await homeIn(inside, [binding]).lane()).control;
}

/** The binding and the digits of an id that `method` was called with. */
async function objectParts(inside: Inside, method: string, id: contract.DurableObjectId): Promise<IdParts> {
  const parts = idParts(method, id);
  if (parts !== undefined) return parts;
  await inside.worker.lane();
  return likelyParts(method, id, objectNames(inside.group));
}

export { controlOf, homeIn, idOf, objectParts };
export type { ObjectOrId };
