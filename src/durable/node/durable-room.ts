// What the room of Durable Objects adds to an instance in Node.

import { kinds } from "./node-object-kinds.ts";
import { soon } from "../../node/instance/soon.ts";
import { bind, check, flushAlarms, forget, home, reset } from "./homes.ts";
import { openNamespaces } from "./own-namespaces.ts";
import { controlOf, homeIn, idOf, objectParts } from "./reach.ts";
import { closesSockets, methods as testMethods } from "./test-methods.ts";
import { OPERATIONS as usage } from "../operations.ts";
import type * as contract from "../../../index.d.ts";
import type { Inside } from "../../node/instance/inside.ts";
import type { Control, GuestState } from "../../worker/contract.ts";
import type { DurableObjectId, DurableObjectNamespace } from "../object-namespace.ts";
import type { DurableObjectStorage } from "./object-storage.ts";
import type { ObjectOrId } from "./reach.ts";
import type { EvictOptions } from "./test-methods.ts";

/** The method by which an environment's tests get a state to construct an object with. */
const STATE = Symbol("state");

const methods = {
  ...testMethods,

  /** The namespace of a binding. It stays valid: its stubs reach whichever worker is loaded. */
  async getDurableObjectNamespace(inside: Inside, name: string): Promise<DurableObjectNamespace> {
    await inside.worker.lane();
    return inside.part(openNamespaces)(name);
  },

  /** The storage of the object with this id, whether the object has been constructed or not. It stays valid. */
  async getDurableObjectStorage(inside: Inside, id: contract.DurableObjectId): Promise<DurableObjectStorage> {
    const parts = await objectParts(inside, "getDurableObjectStorage", id);
    const { DurableObjectStorage } = require("./object-storage.ts") as typeof import("./object-storage.ts");
    const open = async (): Promise<[Control, contract.DurableObjectStorage]> => {
      const control = await controlOf(inside, parts);
      return [control, await control.objectStorage(...parts)];
    };
    return DurableObjectStorage.open(() => homeIn(inside, parts).control, open);
  },

  /** The ids of the objects of a binding that live or have stored something, in the order of their digits. */
  async getDurableObjectIds(inside: Inside, name: string): Promise<DurableObjectId[]> {
    const namespace = await methods.getDurableObjectNamespace(inside, name);
    const digits = await (await controlOf(inside, [name])).objectIds(name);
    return digits.map((hex) => namespace.idFromString(hex));
  },

  /** Calls `work(instance, state)` as an event of the object, constructed if it does not live. */
  async runWithDurableObject<Result>(
    inside: Inside,
    id: contract.DurableObjectId,
    work: (instance: object, state: contract.DurableObjectState) => Result | Promise<Result>,
  ): Promise<Result> {
    const parts = await objectParts(inside, "runWithDurableObject", id);
    return (await controlOf(inside, parts)).runWithObject(...parts, work, soon, id.name);
  },

  /** Evicts the object, which is constructed again when it is next used. Returns whether it lived. */
  async evictDurableObject(inside: Inside, object: ObjectOrId, options: EvictOptions = {}): Promise<boolean> {
    const closes = closesSockets("evictDurableObject", options);
    const parts = await objectParts(inside, "evictDurableObject", idOf(object));
    return (await controlOf(inside, parts)).evictObject(...parts, closes);
  },

  /** Delivers the alarms that are set, of all objects or of those with these ids, and awaits their handlers. */
  async flushDurableObjectAlarms(
    inside: Inside,
    ids?: contract.DurableObjectId | contract.DurableObjectId[],
    { onlyDue = false }: { onlyDue?: boolean } = {},
  ): Promise<number> {
    const chosen =
      ids && (await Promise.all([ids].flat().map((id) => objectParts(inside, "flushDurableObjectAlarms", id))));
    await inside.worker.lane();
    return flushAlarms(inside.group, chosen, onlyDue);
  },

  /** The state of the worker, for an object that is constructed in Node. */
  async [STATE](inside: Inside, id: contract.DurableObjectId): Promise<GuestState> {
    const parts = await objectParts(inside, "getMiniflareDurableObjectState", id);
    return (await controlOf(inside, parts)).stateForGuest(...parts, soon);
  },
};

export { bind, check, forget, home, kinds, methods, reset, STATE, usage };
