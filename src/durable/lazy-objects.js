// The door of the room of Durable Objects (`room.js`): it is loaded once there are bindings of them, or someone asks for one.

import { refuseClones } from "ext:miniflare/web/clone.js";
import { appearAs } from "ext:miniflare/web/interface.js";
import { DURABLE, DURABLE_OBJECTS, load, onLoad } from "ext:miniflare/realm/lazy.js";

onLoad(DURABLE, ({ DurableObjectId, DurableObjectNamespace, DurableObjectStub }) => {
  appearAs("DurableObject", DurableObjectStub);
  refuseClones([DurableObjectId, DurableObjectNamespace, DurableObjectStub]);
});

const room = () => load(DURABLE_OBJECTS);

export function bindClasses(bindings, exported, alarms) {
  if (bindings.length > 0) room().bindClasses(bindings, exported, alarms);
}

export const namespaces = (names, flags) => (names.length > 0 ? room().namespaces(names, flags) : []);

export const fetchObject = (...args) => room().fetchObject(...args);

const OUTSIDE = [
  "objectStorage",
  "objectIds",
  "evictObject",
  "evictObjects",
  "runWithObject",
  "stateForGuest",
  "flushAlarms",
];

export const outside = Object.fromEntries(OUTSIDE.map((name) => [name, (...args) => room().outside[name](...args)]));
