// `miniflare-rs/durable-objects`, in the place of `@miniflare/durable-objects`: for objects that a test constructs itself.

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
   * @param hexId 64 hexadecimal digits, where an instance or a namespace is given the id; they are not checked here
   */
  new (objectName: string, hexId: string, name?: string): DurableObjectId;
};

/** The storage of an object, over any storage. Each write resolves when it is safe there. */
export type DurableObjectStorage = miniflare.DurableObjectStorage;
export const DurableObjectStorage: {
  prototype: DurableObjectStorage;
  /**
   * @param storage where the values are, serialized
   * @param alarmBridge is told of alarms that are set and deleted; nothing else delivers them
   * @throws {TypeError} for storages that are not this package's
   */
  new (
    storage: Storage,
    alarmBridge?: { setAlarm(scheduledTime: number | Date): Promise<void>; deleteAlarm(): Promise<void> },
  ): DurableObjectStorage;
};

/** What an object is constructed with. */
export type DurableObjectState = miniflare.DurableObjectState;
export const DurableObjectState: {
  prototype: DurableObjectState;
  new (id: miniflare.DurableObjectId, storage: miniflare.DurableObjectStorage): DurableObjectState;
};

/** What a {@link DurableObjectNamespace} reaches. */
export interface DurableObject {
  fetch(request: miniflare.Request): globalThis.Response | Promise<globalThis.Response>;
}

/** The objects of a binding, without an instance. */
export type DurableObjectNamespace = miniflare.DurableObjectNamespace;
export const DurableObjectNamespace: {
  prototype: DurableObjectNamespace;
  /**
   * @param objectName the binding, by which ids are made and checked
   * @param factory gives the object with an id, whenever a stub's `fetch` is called
   */
  new (
    objectName: string,
    factory: (id: miniflare.DurableObjectId) => DurableObject | Promise<DurableObject>,
  ): DurableObjectNamespace;
};

/** A name for `MiniflareCore`; it cannot be constructed. */
export class DurableObjectsPlugin {
  private constructor();
}
