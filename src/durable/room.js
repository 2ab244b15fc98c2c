// Durable Objects in a worker. Nearly all of it is a lazy script (`bundle.js`), which is loaded once there are bindings of
// objects, or Node asks for one.

import { CLASSES, kinds } from "ext:miniflare/durable/object-kinds.js";
import { load, onLoad } from "ext:miniflare/realm/lazy.js";
import { worker } from "ext:miniflare/realm/worker.js";
import { refuseClones } from "ext:miniflare/web/clone.js";
import { appearAs } from "ext:miniflare/web/interface.js";

onLoad(CLASSES, ({ DurableObjectId, DurableObjectNamespace, DurableObjectStub }) => {
  appearAs("DurableObject", DurableObjectStub);
  refuseClones([DurableObjectId, DurableObjectNamespace, DurableObjectStub]);
});

const bundle = () => load("ext:miniflare/durable/bundle.js");

const OUTSIDE = [
  "objectStorage",
  "objectIds",
  "evictObject",
  "evictObjects",
  "runWithObject",
  "stateForGuest",
  "flushAlarms",
];

export const room = {
  name: "durable",
  kinds,
  empty: { durableObjects: [] },
  /** `durableObjects` are the names of the bindings. */
  bind: ({ durableObjects, flags }) => (durableObjects.length > 0 ? bundle().namespaces(durableObjects, flags) : []),
  fetchTarget: ([binding, hex], request) => bundle().fetchObject(binding, hex, request),
  control: {
    bindClasses(bindings, alarms) {
      if (bindings.length > 0) bundle().bindClasses(bindings, worker.exports, alarms);
    },
    ...Object.fromEntries(OUTSIDE.map((name) => [name, (...args) => bundle().outside[name](...args)])),
  },
};
