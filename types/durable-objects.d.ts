// `miniflare-rs/durable-objects`, which replaces `@miniflare/durable-objects`: for objects that a test constructs.

import type * as miniflare from "../index";
import type { Storage } from "./storage";

export { DurableObjectError } from "../index";
export type {
  DurableObjectJurisdiction,
  DurableObjectListOptions,
  DurableObjectOperator,
  DurableObjectStub,
  DurableObjectTransaction,
} from "../index";

export type DurableObjectId = miniflare.DurableObjectId;
export const DurableObjectId: {
  prototype: DurableObjectId;
  /**
   * @param objectName the binding that the id belongs to
   * @param hexId 64 hexadecimal digits. The constructor does not check them; an instance or a namespace that receives
   * the id does.
   */
  new (objectName: string, hexId: string, name?: string): DurableObjectId;
};

/** The storage of an object, over any storage. Each write resolves when it is safe in that storage. */
export type DurableObjectStorage = miniflare.DurableObjectStorage;
export const DurableObjectStorage: {
  prototype: DurableObjectStorage;
  /**
   * @param storage contains the serialized values
   * @param alarmBridge is called for alarms that are set and deleted; nothing else delivers them
   * @throws {TypeError} for storages of other packages
   */
  new (
    storage: Storage,
    alarmBridge?: { setAlarm(scheduledTime: number | Date): Promise<void>; deleteAlarm(): Promise<void> },
  ): DurableObjectStorage;
};

/** The state that an object is constructed with. */
export type DurableObjectState = miniflare.DurableObjectState;
export const DurableObjectState: {
  prototype: DurableObjectState;
  new (id: miniflare.DurableObjectId, storage: miniflare.DurableObjectStorage): DurableObjectState;
};

/** The target of the stubs of a {@link DurableObjectNamespace}. */
export interface DurableObject {
  fetch(request: miniflare.Request): globalThis.Response | Promise<globalThis.Response>;
}

/** The objects of a binding, without an instance. */
export type DurableObjectNamespace = miniflare.DurableObjectNamespace;
export const DurableObjectNamespace: {
  prototype: DurableObjectNamespace;
  /**
   * @param objectName the binding, with which ids are created and checked
   * @param factory returns the object with an id; called by each `fetch` of a stub
   */
  new (
    objectName: string,
    factory: (id: miniflare.DurableObjectId) => DurableObject | Promise<DurableObject>,
  ): DurableObjectNamespace;
};

/** A name for `MiniflareCore`. It cannot be constructed. */
export class DurableObjectsPlugin {
  private constructor();
}
