// Durable Objects in a worker. Nearly all of it is a lazy script (`bundle.ts`), which is loaded once there are bindings of
// objects, or Node asks for one.

import { CLASSES, kinds } from "ext:miniflare/durable/object-kinds.ts";
import { load, onLoad } from "ext:miniflare/realm/lazy.ts";
import { addStubs, callObjectsWith } from "ext:miniflare/realm/remote.ts";
import { worker } from "ext:miniflare/realm/worker.ts";
import { refuseClones } from "ext:miniflare/web/clone.ts";
import { appearAs } from "ext:miniflare/web/interface.ts";
import type { ObjectClass } from "./object-class.ts";
import type { Binding } from "./object-calls.ts";

onLoad(CLASSES, ({ DurableObjectId, DurableObjectNamespace, DurableObjectStub, stubPartsOf }) => {
  addStubs((value) => {
    const parts = stubPartsOf(value);
    return parts && bundle().reachOf(...parts);
  });
  appearAs("DurableObject", DurableObjectStub);
  refuseClones([DurableObjectId, DurableObjectNamespace, DurableObjectStub]);
});

declare module "../upstream.d.ts" {
  interface LazyScripts {
    "ext:miniflare/durable/bundle.ts": typeof import("./bundle.ts");
  }
}

const BUNDLE = "ext:miniflare/durable/bundle.ts";

const bundle = () => load(BUNDLE);

type Call = Parameters<ReturnType<typeof bundle>["callObject"]>;

callObjectsWith((address, ...call) => bundle().callObject(address as Call[0], ...call));

/** What `outside.ts` has, by name. */
type Outside = Record<string, (...args: unknown[]) => unknown>;

const OUTSIDE = [
  "objectStorage",
  "objectIds",
  "evictObject",
  "evictObjects",
  "abortObjects",
  "runWithObject",
  "stateForGuest",
  "flushAlarms",
];

export const room = {
  name: "durable",
  lazyGlobals: { [BUNDLE]: ["WebSocketRequestResponsePair"] },
  kinds,
  empty: { durableObjects: [] },
  /** `durableObjects` are the names of the bindings. */
  bind: ({ durableObjects, flags }: { durableObjects: string[]; flags: string[] }) =>
    durableObjects.length > 0 ? bundle().namespaces(durableObjects, flags) : [],
  fetchTarget: (object: [binding: string, hex: string, name?: string], request: Request) =>
    bundle().fetchObject(object, request),
  control: {
    bindClasses(bindings: Binding[], alarms: boolean, deletesAlarm: boolean) {
      if (bindings.length === 0) return;
      bundle().bindClasses(bindings, worker.exports, alarms, deletesAlarm);
      worker.namespaceOf = (name) => {
        const exported = worker.exports[name] as ObjectClass;
        const bound = bindings.find(([, className]) => className === name);
        if (bound === undefined)
          return Object.hasOwn(exported, "prototype") ? bundle().loopbackClass(exported) : undefined;
        const [[, namespace]] = bundle().namespaces([bound[0]], [...worker.flags]);
        return bundle().loopbackNamespace(exported, namespace);
      };
    },
    /** Calls or reads a member of an object, by RPC. */
    callObject: (...args: Call) => bundle().callObject(...args),
    ...Object.fromEntries(
      OUTSIDE.map((name) => [name, (...args: unknown[]) => (bundle().outside as unknown as Outside)[name](...args)]),
    ),
  },
};
