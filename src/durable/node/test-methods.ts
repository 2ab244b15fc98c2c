// The methods for tests of objects under the names that suites of Workers import from `cloudflare:test`.

import { describe } from "../../node/errors.ts";
import { flushAlarms } from "./homes.ts";
import { soon } from "../../node/instance/soon.ts";
import { partsOf } from "../object-namespace.ts";
import { controlOf, idOf, objectParts } from "./reach.ts";
import type * as contract from "../../../index.d.ts";
import type { Inside } from "../../node/instance/inside.ts";
import type { DurableObjectId } from "../object-namespace.ts";
import type { ObjectOrId } from "./reach.ts";

type Work<Result> = (instance: object, state: contract.DurableObjectState) => Result | Promise<Result>;
interface EvictOptions {
  webSockets?: "hibernate" | "close";
}

const methods = {
  /** Calls `work(instance, state)` as an event of the object, constructed if it does not live. */
  async runInDurableObject<Result>(inside: Inside, stub: ObjectOrId, work: Work<Result>): Promise<Result> {
    const id = idOf(stub);
    const parts = await objectParts(inside, "runInDurableObject", id);
    return (await controlOf(inside, parts)).runWithObject(...parts, work, soon, id.name);
  },

  /** Delivers the alarm of the object if it has one; whether it had. */
  async runDurableObjectAlarm(inside: Inside, stub: ObjectOrId): Promise<boolean> {
    const parts = await objectParts(inside, "runDurableObjectAlarm", idOf(stub));
    await controlOf(inside, parts);
    return (await flushAlarms(inside.group, [parts], false)) > 0;
  },

  /** The ids of the objects of a namespace that live or have stored something. */
  async listDurableObjectIds(inside: Inside, namespace: contract.DurableObjectNamespace): Promise<DurableObjectId[]> {
    const binding = bindingOf(namespace);
    const digits = await (await controlOf(inside, [binding])).objectIds(binding);
    return digits.map((hex) => namespace.idFromString(hex) as DurableObjectId);
  },

  /** Evicts all objects. */
  async evictAllDurableObjects(inside: Inside, options: EvictOptions = {}): Promise<void> {
    const closes = closesSockets("evictAllDurableObjects", options);
    for (const worker of inside.group.workers) (await worker.lane()).control.evictObjects(closes);
  },

  /** Resets all objects that live. */
  async abortAllDurableObjects(inside: Inside): Promise<void> {
    for (const worker of inside.group.workers) {
      (await worker.lane()).control.abortObjects("abortAllDurableObjects");
    }
  },
};

/** Whether sockets of evicted objects are to close. */
function closesSockets(method: string, { webSockets = "hibernate" }: EvictOptions): boolean {
  if (webSockets === "hibernate" || webSockets === "close") return webSockets === "close";
  throw new TypeError(`${method}() takes webSockets as "hibernate" or "close", got ${describe(webSockets)}`);
}

/** The name that a namespace is bound by, whether it is Node's or that of a worker. */
function bindingOf(namespace: contract.DurableObjectNamespace): string {
  if (typeof namespace?.newUniqueId === "function") {
    const parts = partsOf(namespace.newUniqueId());
    if (parts !== undefined) return parts[0];
  }
  throw new TypeError(`listDurableObjectIds() takes a namespace of Durable Objects, got ${describe(namespace)}`);
}

export { closesSockets, methods };
export type { EvictOptions };
